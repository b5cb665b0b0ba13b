import { changePreferences, preferences } from '../../lib/preferences'

/** Prints when the dialog has left the page; what is shown for the paper is hidden again after it. */
export function printWith(shown: boolean): void {
  const { amountsHidden, namesHidden } = preferences()
  if (shown) {
    changePreferences({ amountsHidden: false, namesHidden: false })
    const hideAgain = () => changePreferences({ amountsHidden, namesHidden })
    window.addEventListener('afterprint', hideAgain, { once: true })
  }
  requestAnimationFrame(() => requestAnimationFrame(() => window.print()))
}
