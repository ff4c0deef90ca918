import { bothLanguages } from './both-languages.ts'

/** Words of the parts that pages share. */
export const parts = bothLanguages({
  id: { copyByHand: 'Sudah dipilih: tekan Ctrl+C untuk menyalin.' },
  en: { copyByHand: 'It is selected: press Ctrl+C to copy it.' },
})
