import { pagesConfig } from '@kakilima/ui/vite-pages'
import { defineConfig } from 'vite'

export default defineConfig(pagesConfig('/admin/'))
