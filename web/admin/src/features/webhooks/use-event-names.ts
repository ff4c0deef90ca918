import { useI18n } from 'vue-i18n'

/** What events and their families are called in the language of the page; as they are where this page does not know them. */
export function useEventNames() {
  const words = useI18n()
  const { t } = words
  const nameOf = (key: string, otherwise: string) => (words.te(key, 'id') ? t(key) : otherwise)
  const family = (name: string) => nameOf(`webhooks.family.${name}`, name)
  return {
    family,
    event: (type: string) => nameOf(`webhooks.event.${type.replace('.', '_')}`, type),
    /** Of what a subscription asks for, which may be a whole family. */
    pattern(pattern: string): string {
      if (pattern === '*') return t('webhooks.all')
      if (pattern.endsWith('.*')) return t('webhooks.familyAll', { family: family(pattern.slice(0, -2)).toLowerCase() })
      return nameOf(`webhooks.event.${pattern.replace('.', '_')}`, pattern)
    },
  }
}
