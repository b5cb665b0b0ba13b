/** Somebody who asked to search from another screen finds the field focused when it is there. */
let wished = false

let outside = false

/** Called when a page without the frame is left: what comes then begins at its content. */
export function leftOutside(): void {
  outside = true
}

export function takeLeftOutside(): boolean {
  const taken = outside
  outside = false
  return taken
}

export function wishToSearch(): void {
  wished = true
}

export function takeWishToSearch(): boolean {
  const taken = wished
  wished = false
  return taken
}
