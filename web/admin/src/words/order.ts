import { bothLanguages } from './both-languages.ts'

/** Of one order. */
export const order = bothLanguages({
  id: {
    status: {
      queued: 'Dalam antrean',
      awaiting_payment: 'Menunggu pembayaran',
      paid: 'Sudah dibayar',
      confirming: 'Sedang dikonfirmasi',
      confirmed: 'Dikonfirmasi',
      rejected: 'Ditolak',
      expired: 'Kedaluwarsa',
      canceled: 'Dibatalkan',
    },
    method: {
      CASH: 'Tunai',
      VIRTUAL_ACCOUNT: 'Virtual account',
      QRIS: 'QRIS',
      EWALLET: 'Dompet digital',
      BANK_TRANSFER: 'Transfer bank',
    },
  },
  en: {
    status: {
      queued: 'In the queue',
      awaiting_payment: 'Awaiting payment',
      paid: 'Paid',
      confirming: 'Being confirmed',
      confirmed: 'Confirmed',
      rejected: 'Rejected',
      expired: 'Expired',
      canceled: 'Canceled',
    },
    method: {
      CASH: 'Cash',
      VIRTUAL_ACCOUNT: 'Virtual account',
      QRIS: 'QRIS',
      EWALLET: 'E-wallet',
      BANK_TRANSFER: 'Bank transfer',
    },
  },
})
