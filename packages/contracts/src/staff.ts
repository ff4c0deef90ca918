import Type, { type Static } from 'typebox'
import { Account, Email, NewPassword, type Role } from './account.ts'
import { nullable } from './nullable.ts'
import { Name, Timestamp } from './text.ts'

/** The roles of those who work in the shop. */
export const staffRoles = ['viewer', 'staff', 'admin'] as const satisfies Role[]
const StaffRole = Type.Enum([...staffRoles])
export type StaffRole = (typeof staffRoles)[number]

/** Somebody who works in the shop, as the others see it. */
export const StaffMember = Type.Object({
  ...Account.properties,
  role: StaffRole,
  banned_at: nullable(Timestamp),
  created_at: Timestamp,
})
export type StaffMember = Static<typeof StaffMember>

export const StaffInput = Type.Object({
  name: Name,
  email: Email,
  role: StaffRole,
  password: Type.Optional(NewPassword),
})
export type StaffInput = Static<typeof StaffInput>

/** A change of the role ends all sessions of the account. */
export const StaffChange = Type.Object({ name: Type.Optional(Name), role: Type.Optional(StaffRole) })
export type StaffChange = Static<typeof StaffChange>

export const NewStaffMember = Type.Object({
  account: StaffMember,
  password: nullable(Type.String({ description: 'the one that was made up, shown here and never again' })),
})
export type NewStaffMember = Static<typeof NewStaffMember>

export const MadeUpPassword = Type.Object({ password: Type.String({ description: 'shown here and never again' }) })
export type MadeUpPassword = Static<typeof MadeUpPassword>
