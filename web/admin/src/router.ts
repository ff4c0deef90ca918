import { createRouter, createWebHistory } from 'vue-router'
import { useSession } from './features/session/session-store.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Whether it is for those who are not signed in, too. */
    open?: boolean
    /** Whether it stands alone, without the menu. */
    bare?: boolean
  }
}

const idOf = ({ params }: { params: Record<string, string | string[]> }) => ({ id: Number(params.id) })

/** Pages are fetched when they are needed. Paths are Indonesian, as in the shop. */
export const router = createRouter({
  history: createWebHistory('/admin/'),
  routes: [
    { path: '/', name: 'home', component: () => import('./pages/HomePage.vue') },
    {
      path: '/masuk',
      name: 'sign-in',
      component: () => import('./pages/SignInPage.vue'),
      meta: { open: true, bare: true },
    },
    { path: '/pesanan', name: 'orders', component: () => import('./pages/OrderDesk.vue') },
    { path: '/pesanan/:id(\\d+)', name: 'order', component: () => import('./pages/OrderPage.vue'), props: idOf },
    {
      path: '/pesanan/:id(\\d+)/slip',
      name: 'packing-slip',
      component: () => import('./pages/PackingSlip.vue'),
      props: idOf,
      meta: { bare: true },
    },
    { path: '/pengembalian', name: 'refunds', component: () => import('./pages/RefundsPage.vue') },
    { path: '/pembeli', name: 'customers', component: () => import('./pages/CustomersPage.vue') },
    { path: '/pembeli/:id(\\d+)', name: 'customer', component: () => import('./pages/CustomerPage.vue'), props: idOf },
    { path: '/produk', name: 'products', component: () => import('./pages/ProductsPage.vue') },
    { path: '/produk/baru', name: 'new-product', component: () => import('./pages/NewProductPage.vue') },
    { path: '/produk/:id(\\d+)', name: 'product', component: () => import('./pages/ProductPage.vue'), props: idOf },
    { path: '/stok', name: 'stock', component: () => import('./pages/StockPage.vue') },
    { path: '/kategori', name: 'categories', component: () => import('./pages/CategoriesPage.vue') },
    { path: '/impor', name: 'import', component: () => import('./pages/ImportPage.vue') },
    { path: '/kesehatan', name: 'system', component: () => import('./pages/SystemPage.vue') },
    { path: '/webhook', name: 'webhooks', component: () => import('./pages/WebhooksPage.vue') },
    {
      path: '/webhook/:id(\\d+)',
      name: 'subscription',
      component: () => import('./pages/SubscriptionPage.vue'),
      props: idOf,
    },
    { path: '/staf', name: 'staff', component: () => import('./pages/StaffPage.vue') },
    { path: '/catatan', name: 'auditLog', component: () => import('./pages/AuditLogPage.vue') },
    { path: '/pengaturan', name: 'settings', component: () => import('./pages/SettingsPage.vue') },
    { path: '/akun', name: 'account', component: () => import('./pages/AccountPage.vue') },
    { path: '/:rest(.*)*', name: 'not-found', component: () => import('./pages/NotFound.vue') },
  ],
  scrollBehavior(to, from, saved) {
    if (saved !== null) return saved
    // Filters change the address of a list and leave the reader where he is.
    return to.path === from.path ? false : { top: 0 }
  },
})

router.beforeEach(async (to) => {
  if (to.meta.open === true) return true
  const session = useSession()
  await session.load()
  return session.mayLook || { name: 'sign-in', query: { lalu: to.fullPath } }
})
