import { PiniaColada } from '@pinia/colada'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { chosenLanguage, i18n, setLanguage } from './i18n.ts'
import { router } from './router.ts'
import './style.css'

setLanguage(chosenLanguage())

createApp(App)
  .use(createPinia())
  .use(PiniaColada, { queryOptions: { staleTime: 5_000, gcTime: 300_000 } })
  .use(router)
  .use(i18n)
  .mount('#app')
