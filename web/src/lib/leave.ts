/** Leaves for another page on the web, and only ever for one. */
export function goTo(address: string): void {
  const { protocol, href } = new URL(address, window.location.href)
  if (protocol === 'https:' || protocol === 'http:') window.location.assign(href)
}
