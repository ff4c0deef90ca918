import type { RejectionReason } from '@kakilima/contracts/inventory'
import { reasonOf, shortagesOf, wasPaid, type Words } from './words.ts'

const reasons: Record<RejectionReason, string> = {
  'insufficient-stock': 'Maaf, stoknya tidak cukup untuk pesanan Anda.',
  'product-not-found': 'Maaf, salah satu produk dalam pesanan Anda tidak dijual lagi.',
  'total-too-large': 'Maaf, jumlahnya terlalu besar untuk satu pesanan.',
  'rejected-by-staff': 'Maaf, toko tidak dapat memenuhi pesanan Anda.',
}

export const indonesian: Words = {
  greeting: (name) => (name === null ? 'Halo,' : `Halo ${name},`),
  product: (id) => `Produk #${id}`,
  order: (id) => `Pesanan #${id}`,
  each: (price) => `@ ${price}`,
  total: 'Total',
  seeOrder: 'Lihat pesanan',
  regards: 'Salam hangat,',
  whyThis: (shop) => `Pesan ini dikirim otomatis karena ada pesanan di ${shop} dengan alamat e-mail ini.`,
  stories: {
    'order.rejected': (order) => ({
      subject: `Pesanan #${order.id} tidak dapat dipenuhi`,
      title: 'Pesanan tidak dapat dipenuhi',
      points: shortagesOf(
        order,
        (name, { product_id, requested, available }) =>
          `${name ?? `Produk #${product_id}`}: Anda minta ${requested}, tersedia ${available}`,
      ),
      sentences: [
        reasons[reasonOf(order)],
        'Belum ada yang dibayar dan tidak ada yang ditagih. Ubah isi keranjang, lalu pesan lagi.',
      ],
    }),
    'order.paid': (order) => ({
      subject: `Pesanan #${order.id} sudah dibayar`,
      title: 'Terima kasih, sudah dibayar!',
      sentences: [
        'Pembayaran Anda sudah kami terima dan barangnya sudah disisihkan untuk Anda.',
        'Toko akan mengonfirmasi pesanan ini. Setelah itu kami kirim kabar lagi; Anda tidak perlu melakukan apa-apa.',
      ],
    }),
    'order.confirmed': (order) => ({
      subject: `Pesanan #${order.id} dikonfirmasi`,
      title: 'Pesanan dikonfirmasi',
      sentences: [
        'Toko sudah mengonfirmasi pesanan Anda, dan barangnya sedang disiapkan.',
        'Terima kasih sudah berbelanja!',
      ],
    }),
    'order.expired': (order) => ({
      subject: `Pesanan #${order.id}: waktu membayar sudah habis`,
      title: 'Waktu membayar sudah habis',
      sentences: [
        'Pesanan ini belum dibayar sampai batas waktunya. Barangnya kami kembalikan ke rak dan tidak ada yang ditagih.',
        'Anda bisa memesan lagi kapan saja. Sudah telanjur membayar? Uang yang datang terlambat selalu kami kembalikan.',
      ],
    }),
    'order.canceled': (order) => ({
      subject: `Pesanan #${order.id} dibatalkan`,
      title: 'Pesanan dibatalkan',
      sentences: wasPaid(order)
        ? [
            'Pesanan Anda dibatalkan.',
            'Uang yang sudah Anda bayar kami kembalikan seluruhnya. Anda tidak perlu melakukan apa-apa.',
          ]
        : ['Pesanan Anda dibatalkan.', 'Belum ada yang dibayar dan tidak ada yang ditagih.'],
    }),
  },
}
