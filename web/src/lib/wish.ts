/** Somebody who asked to search from another screen finds the field focused when it is there. */
let wished = false

export function wishToSearch(): void {
  wished = true
}

export function takeWishToSearch(): boolean {
  const taken = wished
  wished = false
  return taken
}
