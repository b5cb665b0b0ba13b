/** A category keeps its colour for good; all that have none of their own share the quiet one. */
const slots: Record<string, number> = {
  housing: 1,
  groceries: 2,
  loan: 3,
  restaurants: 4,
  utilities: 5,
  public_transport: 6,
  entertainment: 7,
}

export function categoryColour(id: string): string {
  return `var(--color-c${slots[id] ?? 0})`
}

/** The ones with a colour first and in their order, so that a stack looks the same every month. */
export function categorySlot(id: string): number {
  return slots[id] ?? 99
}
