const rupiah = new Intl.NumberFormat('id-ID', { style: 'currency', currency: 'IDR', maximumFractionDigits: 0 })

/** An amount of rupiah as Indonesians write it, in whatever language the page is: `Rp 150.000`. */
export function formatRupiah(amount: number): string {
  return rupiah.format(amount)
}
