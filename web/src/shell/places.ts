import {
  ArrowLeftRight,
  Bell,
  ChartSpline,
  House,
  Landmark,
  ListChecks,
  ListOrdered,
  type LucideIcon,
  PieChart,
  Repeat,
  Scale,
  Settings,
  ShieldCheck,
  Target,
} from 'lucide-react'
import type { Catalogue } from '../i18n/en'

type Place = {
  to:
    | '/'
    | '/accounts'
    | '/transactions'
    | '/reviews'
    | '/spending'
    | '/recurring'
    | '/forecast'
    | '/budgets'
    | '/notices'
    | '/rules'
    | '/cash-flow'
    | '/connections'
    | '/settings'
  name: keyof Catalogue['nav']
  icon: LucideIcon
  letter: string | null
}

/** Every place of the program, in the order of the menu. */
export const places: Place[] = [
  { to: '/', name: 'overview', icon: House, letter: 'o' },
  { to: '/accounts', name: 'accounts', icon: Landmark, letter: 'a' },
  { to: '/transactions', name: 'transactions', icon: ArrowLeftRight, letter: 't' },
  { to: '/spending', name: 'spending', icon: PieChart, letter: 's' },
  { to: '/cash-flow', name: 'flow', icon: Scale, letter: 'w' },
  { to: '/recurring', name: 'recurring', icon: Repeat, letter: 'r' },
  { to: '/forecast', name: 'forecast', icon: ChartSpline, letter: 'f' },
  { to: '/budgets', name: 'budgets', icon: Target, letter: 'b' },
  { to: '/notices', name: 'notices', icon: Bell, letter: 'n' },
  { to: '/rules', name: 'rules', icon: ListOrdered, letter: 'u' },
  { to: '/reviews', name: 'reviews', icon: ListChecks, letter: 'd' },
  { to: '/connections', name: 'connections', icon: ShieldCheck, letter: 'c' },
  { to: '/settings', name: 'settings', icon: Settings, letter: null },
]

/** How many places the bottom bar of a phone shows before "More". */
export const placesOnPhone = 4
