/** A category keeps its colour for good; all that have none of their own share the quiet one. */
const slots: Record<string, number> = {
  home: 1,
  groceries: 2,
  utilities: 3,
  eating_out: 4,
  transport: 5,
  leisure: 6,
  subscriptions: 7,
}

export function categoryColour(id: string): string {
  return `var(--color-c${slots[id] ?? 0})`
}

/** The ones with a colour first and in their order, so that a stack looks the same every month. */
export function categorySlot(id: string): number {
  return slots[id] ?? 99
}
