import { expect, type Locator } from '@playwright/test'

/**
 * How long a person is busy, counted and not timed: the keystroke-level model of S. K. Card, T. P. Moran and
 * A. Newell, "The keystroke-level model for user performance time with interactive systems", Communications of
 * the ACM 23 (7), 1980, figure 1. In seconds.
 */
const seconds = {
  /** K: a key, pressed by somebody who types, but not for a living (40 words a minute). */
  key: 0.28,
  /** K: the button of a mouse is a key that the finger rests on. */
  button: 0.2,
  /** P: pointing at something with a mouse. */
  pointing: 1.1,
  /** H: the hand moves between keyboard and mouse. */
  homing: 0.4,
  /** M: making up one's mind to do the next thing. */
  mind: 1.35,
}

type Hand = 'mouse' | 'keyboard'

/** What a person does, one act after the other. Waiting for the program is no act, and takes none of their time. */
export class Person {
  private hand: Hand = 'mouse'
  private readonly acts: { what: string; seconds: number }[] = []
  clicks = 0
  typed = 0

  private act(what: string, hand: Hand, took: number): void {
    const homing = this.hand === hand ? 0 : seconds.homing
    this.hand = hand
    this.acts.push({ what, seconds: seconds.mind + homing + took })
  }

  /** Decides, points and clicks. */
  async click(wanted: Locator): Promise<void> {
    await expect(wanted).toBeVisible({ timeout: 30_000 })
    this.clicks += 1
    this.act(`click ${wanted}`, 'mouse', seconds.pointing + seconds.button)
    await wanted.click()
  }

  /** Clicks into a field and types. */
  async type(wanted: Locator, text: string): Promise<void> {
    await this.click(wanted)
    this.typed += text.length
    this.act(`type into ${wanted}`, 'keyboard', text.length * seconds.key)
    await wanted.pressSequentially(text)
  }

  /** Ticks a box or chooses one of several, unless it is so already. */
  async choose(wanted: Locator): Promise<void> {
    if (!(await wanted.isChecked())) await this.click(wanted)
  }

  get busy(): number {
    return this.acts.reduce((sum, act) => sum + act.seconds, 0)
  }

  /** Every act with its seconds, for whoever has to find out which one became too many. */
  told(): string {
    return this.acts.map(({ what, seconds }) => `${seconds.toFixed(2)} s  ${what}`).join('\n')
  }
}
