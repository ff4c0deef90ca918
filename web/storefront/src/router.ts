import { createRouter, createWebHistory } from 'vue-router'
import HomePage from './pages/HomePage.vue'

/** Pages but the first are fetched when they are needed. Paths are Indonesian, as the shop is; they are part of shared links: never rename one. */
export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', name: 'home', component: HomePage },
    { path: '/produk', name: 'products', component: () => import('./pages/ProductList.vue') },
    { path: '/produk/:slug', name: 'product', component: () => import('./pages/ProductPage.vue'), props: true },
    { path: '/keranjang', name: 'cart', component: () => import('./pages/CartPage.vue') },
    { path: '/pesan', name: 'checkout', component: () => import('./pages/CheckoutPage.vue') },
    { path: '/pesanan', name: 'orders', component: () => import('./pages/OrderHistory.vue') },
    {
      path: '/pesanan/:id(\\d+)',
      name: 'order',
      component: () => import('./pages/OrderPage.vue'),
      props: ({ params }) => ({ id: Number(params.id) }),
    },
    { path: '/masuk', name: 'sign-in', component: () => import('./pages/SignInPage.vue') },
    { path: '/daftar', name: 'register', component: () => import('./pages/RegisterPage.vue') },
    { path: '/:rest(.*)*', name: 'not-found', component: () => import('./pages/NotFound.vue') },
  ],
  scrollBehavior(to, from, saved) {
    if (saved !== null) return saved
    // Filters change the address of a list and leave the reader where he is.
    return to.path === from.path ? false : { top: 0 }
  },
})
