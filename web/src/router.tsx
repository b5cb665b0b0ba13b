import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { loadPageWords } from './i18n/page-words'
import { client, onSessionEnded } from './lib/client'
import { firstDay, lastDay, thisMonth } from './lib/dates'
import { RequestError } from './lib/gql'
import { forgetSession, restore } from './lib/kept'
import {
  accountSearch,
  connectSearch,
  flowSearch,
  insightSearch,
  overviewSearch,
  parseSearch,
  recurringSearch,
  signInSearch,
  spendingSearch,
  statementSearch,
  stringifySearch,
  transactionSearch,
} from './lib/search'
import {
  accountOptions,
  accountsOptions,
  banksOptions,
  bucketsOptions,
  connectionOptions,
  connectionsOptions,
  meOptions,
  renewalNoticesOptions,
  reviewsOptions,
  spendingOptions,
} from './queries/options'
import { NotFound, RootFailure, RouteFailure } from './routes/error'
import { Opening } from './routes/opening'

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: RootFailure })

const auth = createRoute({
  getParentRoute: () => root,
  id: 'auth',
  component: lazyRouteComponent(() => import('./routes/auth/frame'), 'AuthFrame'),
})

const signIn = createRoute({
  getParentRoute: () => auth,
  path: '/sign-in',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('./routes/auth/sign-in'), 'SignIn'),
})

const signUp = createRoute({
  getParentRoute: () => auth,
  path: '/sign-up',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('./routes/auth/sign-up'), 'SignUp'),
})

/** Where one is after everything was deleted: nobody is signed in any more. */
const erased = createRoute({
  getParentRoute: () => auth,
  path: '/erased',
  component: lazyRouteComponent(() => import('./routes/erasing/erased'), 'Erased'),
})

/** The page the bank sends people back to: open to those whose session has ended meanwhile. */
const callback = createRoute({
  getParentRoute: () => auth,
  path: '/callback/$bankId',
  component: lazyRouteComponent(() => import('./routes/connect/callback'), 'Callback'),
})

const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  component: lazyRouteComponent(() => import('./shell/shell'), 'Shell'),
  pendingComponent: Opening,
  pendingMs: 400,
  pendingMinMs: 0,
  beforeLoad: async ({ location }) => {
    const me = await client.ensureQueryData(meOptions).catch(async (error: unknown) => {
      // Without a connection, what was last seen is better than nothing.
      const offline = error instanceof RequestError && error.code === 'OFFLINE'
      if (offline && (await restore())) return client.getQueryData(meOptions.queryKey)
      throw error
    })
    if (!me) throw redirect({ to: '/sign-in', search: { next: location.href } })
  },
})

const overview = createRoute({
  getParentRoute: () => app,
  path: '/',
  validateSearch: overviewSearch,
  component: lazyRouteComponent(() => import('./routes/overview/overview'), 'Overview'),
  loader: () => {
    const month = thisMonth()
    client.prefetchQuery(accountsOptions)
    client.prefetchQuery(connectionsOptions)
    client.prefetchQuery(renewalNoticesOptions)
    client.prefetchQuery(bucketsOptions({ from: firstDay(month), to: lastDay(month) }))
    client.prefetchQuery(spendingOptions(month, month))
  },
})

const accounts = createRoute({
  getParentRoute: () => app,
  path: '/accounts',
  component: lazyRouteComponent(() => import('./routes/accounts/accounts'), 'Accounts'),
  loader: () => void client.prefetchQuery(accountsOptions),
})

const account = createRoute({
  getParentRoute: () => app,
  path: '/accounts/$accountId',
  validateSearch: accountSearch,
  component: lazyRouteComponent(() => import('./routes/accounts/account'), 'AccountPage'),
  loader: ({ params }) => void client.prefetchQuery(accountOptions(params.accountId)),
})

const transactions = createRoute({
  getParentRoute: () => app,
  path: '/transactions',
  validateSearch: transactionSearch,
  component: lazyRouteComponent(() => import('./routes/transactions'), 'Transactions'),
})

const reviews = createRoute({
  getParentRoute: () => app,
  path: '/reviews',
  component: lazyRouteComponent(() => import('./routes/reviews/reviews'), 'Reviews'),
  loader: () => void client.prefetchInfiniteQuery(reviewsOptions),
})

const spending = createRoute({
  getParentRoute: () => app,
  path: '/spending',
  validateSearch: spendingSearch,
  component: lazyRouteComponent(() => import('./routes/spending/spending'), 'SpendingPage'),
  loader: loadPageWords,
})

const recurring = createRoute({
  getParentRoute: () => app,
  path: '/recurring',
  validateSearch: recurringSearch,
  component: lazyRouteComponent(() => import('./routes/recurring/recurring'), 'RecurringPage'),
  loader: loadPageWords,
})

const forecast = createRoute({
  getParentRoute: () => app,
  path: '/forecast',
  validateSearch: insightSearch,
  component: lazyRouteComponent(() => import('./routes/forecast/forecast'), 'ForecastPage'),
  loader: loadPageWords,
})

const budgets = createRoute({
  getParentRoute: () => app,
  path: '/budgets',
  validateSearch: insightSearch,
  component: lazyRouteComponent(() => import('./routes/budgets/budgets'), 'BudgetsPage'),
  loader: loadPageWords,
})

const notices = createRoute({
  getParentRoute: () => app,
  path: '/notices',
  validateSearch: insightSearch,
  component: lazyRouteComponent(() => import('./routes/notices/notices'), 'NoticesPage'),
})

const rules = createRoute({
  getParentRoute: () => app,
  path: '/rules',
  validateSearch: insightSearch,
  component: lazyRouteComponent(() => import('./routes/rules/rules'), 'RulesPage'),
  loader: loadPageWords,
})

const flow = createRoute({
  getParentRoute: () => app,
  path: '/cash-flow',
  validateSearch: flowSearch,
  component: lazyRouteComponent(() => import('./routes/flow/flow'), 'FlowPage'),
  loader: loadPageWords,
})

const connections = createRoute({
  getParentRoute: () => app,
  path: '/connections',
  component: lazyRouteComponent(() => import('./routes/connections/connections'), 'Connections'),
  loader: () => void client.prefetchQuery(connectionsOptions),
})

const connection = createRoute({
  getParentRoute: () => app,
  path: '/connections/$connectionId',
  component: lazyRouteComponent(() => import('./routes/connections/connection'), 'ConnectionPage'),
  loader: ({ params }) => void client.prefetchQuery(connectionOptions(params.connectionId)),
})

const connect = createRoute({
  getParentRoute: () => app,
  path: '/connect',
  validateSearch: connectSearch,
  component: lazyRouteComponent(() => import('./routes/connect/connect'), 'Connect'),
  loader: () => void client.prefetchQuery(banksOptions),
})

const audit = createRoute({
  getParentRoute: () => app,
  path: '/audit',
  component: lazyRouteComponent(() => import('./routes/audit/audit'), 'Audit'),
})

const operations = createRoute({
  getParentRoute: () => app,
  path: '/operations',
  component: lazyRouteComponent(() => import('./routes/operations/operations'), 'Operations'),
})

const analysis = createRoute({
  getParentRoute: () => app,
  path: '/analysis',
  component: lazyRouteComponent(() => import('./routes/analysis/analysis'), 'Analysis'),
})

const importing = createRoute({
  getParentRoute: () => app,
  path: '/import',
  component: lazyRouteComponent(() => import('./routes/importing/importing'), 'Importing'),
  loader: () => void client.prefetchQuery(accountsOptions),
})

const statement = createRoute({
  getParentRoute: () => app,
  path: '/statement',
  validateSearch: statementSearch,
  component: lazyRouteComponent(() => import('./routes/statement/statement'), 'StatementPage'),
  loader: () => void client.prefetchQuery(accountsOptions),
})

const settings = createRoute({
  getParentRoute: () => app,
  path: '/settings',
  component: lazyRouteComponent(() => import('./routes/settings'), 'Settings'),
})

const routeTree = root.addChildren([
  auth.addChildren([signIn, signUp, erased, callback]),
  app.addChildren([
    overview,
    accounts,
    account,
    transactions,
    reviews,
    spending,
    recurring,
    forecast,
    budgets,
    notices,
    rules,
    flow,
    connections,
    connection,
    connect,
    importing,
    audit,
    operations,
    analysis,
    statement,
    settings,
  ]),
])

export function createAppRouter() {
  const router = createRouter({
    routeTree,
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultErrorComponent: RouteFailure,
    defaultNotFoundComponent: NotFound,
  })
  onSessionEnded(() => {
    void forgetSession()
    client.clear()
    client.setQueryData(meOptions.queryKey, null)
    const { pathname, href } = router.state.location
    if (!pathname.startsWith('/sign-')) router.navigate({ to: '/sign-in', search: { next: href } })
  })
  return router
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
