import { PiniaColada } from '@pinia/colada'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { chosenLanguage, i18n, showLanguage } from './i18n/i18n.ts'
import { router } from './router.ts'
import './style.css'

const language = chosenLanguage()
// A page in English waits for its words rather than showing others first.
if (language === 'en') await showLanguage('en')

createApp(App)
  .use(createPinia())
  .use(PiniaColada, { queryOptions: { staleTime: 10_000, gcTime: 300_000 } })
  .use(router)
  .use(i18n)
  .mount('#app')
