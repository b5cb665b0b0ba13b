import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import {
  BudgetsDocument,
  CashFlowDocument,
  ForecastScoresDocument,
  ForecastsDocument,
  InsightReachDocument,
  NetWorthDocument,
  NoticesDocument,
  OwnModelDocument,
  OwnTransfersDocument,
  PayeePreviewDocument,
  PayeeQuestionsDocument,
  PayeeSpendingDocument,
  type PeriodKind,
  RecurringDocument,
  type RuleInput,
  RulesDocument,
  RulesPreviewDocument,
  RuleVersionsDocument,
  type SupposedPayment,
} from '../gql/graphql'
import { place } from '../lib/as-of'
import { request } from '../lib/gql'

export const recurringOptions = (asOf?: string) =>
  queryOptions({
    queryKey: ['insights', 'recurring', asOf ?? null],
    queryFn: ({ signal }) =>
      request(RecurringDocument, place(asOf), signal).then(({ recurring }) => recurring),
  })

export const forecastsOptions = (supposed: SupposedPayment[], asOf?: string) =>
  queryOptions({
    queryKey: ['insights', 'forecasts', supposed, asOf ?? null],
    queryFn: ({ signal }) =>
      request(ForecastsDocument, { supposed, ...place(asOf) }, signal).then(({ forecasts }) => forecasts),
  })

export const forecastScoresOptions = (currency: string, asOf?: string) =>
  queryOptions({
    queryKey: ['insights', 'scores', currency, asOf ?? null],
    queryFn: ({ signal }) =>
      request(ForecastScoresDocument, { currency, ...place(asOf) }, signal).then(
        ({ forecastScores }) => forecastScores,
      ),
  })

export const budgetsOptions = (asOf?: string) =>
  queryOptions({
    queryKey: ['insights', 'budgets', asOf ?? null],
    queryFn: ({ signal }) => request(BudgetsDocument, place(asOf), signal).then(({ budgets }) => budgets),
  })

export const noticesOptions = (withMuted: boolean, asOf?: string) =>
  queryOptions({
    queryKey: ['insights', 'notices', withMuted, asOf ?? null],
    queryFn: ({ signal }) =>
      request(NoticesDocument, { withMuted, ...place(asOf) }, signal).then(({ notices }) => notices),
  })

export const cashFlowOptions = (by: PeriodKind, from: string, to: string, asOf?: string) =>
  queryOptions({
    queryKey: ['insights', 'flow', by, from, to, asOf ?? null],
    queryFn: ({ signal }) =>
      request(CashFlowDocument, { by, from, to, ...place(asOf) }, signal).then(({ cashFlow }) => cashFlow),
  })

export const insightReachOptions = (asOf?: string) =>
  queryOptions({
    queryKey: ['insights', 'reach', asOf ?? null],
    queryFn: ({ signal }) =>
      request(InsightReachDocument, place(asOf), signal).then(({ insightReach }) => insightReach),
  })

export const netWorthOptions = (from: string, to: string, asOf?: string) =>
  queryOptions({
    queryKey: ['insights', 'worth', from, to, asOf ?? null],
    queryFn: ({ signal }) =>
      request(NetWorthDocument, { from, to, ...place(asOf) }, signal).then(({ netWorth }) => netWorth),
  })

export const payeeSpendingOptions = (categoryId: string, from: string, to: string, asOf?: string) =>
  queryOptions({
    queryKey: ['insights', 'payees', categoryId, from, to, asOf ?? null],
    queryFn: ({ signal }) =>
      request(PayeeSpendingDocument, { categoryId, from, to, ...place(asOf) }, signal).then(
        ({ payeeSpending }) => payeeSpending,
      ),
  })

export const pairsOptions = (asOf?: string) =>
  queryOptions({
    queryKey: ['insights', 'pairs', asOf ?? null],
    queryFn: ({ signal }) => request(OwnTransfersDocument, place(asOf), signal),
  })

export const rulesOptions = (asOf?: string) =>
  queryOptions({
    queryKey: ['insights', 'rules', asOf ?? null],
    queryFn: ({ signal }) => request(RulesDocument, place(asOf), signal).then(({ rules }) => rules),
  })

/** Versions of rules that are asked for at once. */
const versionsAtOnce = 10

export const ruleVersionsOptions = (asOf?: string) =>
  infiniteQueryOptions({
    queryKey: ['insights', 'rules', 'versions', asOf ?? null],
    queryFn: ({ signal, pageParam }) =>
      request(
        RuleVersionsDocument,
        { first: versionsAtOnce, before: pageParam, ...place(asOf) },
        signal,
      ).then(({ ruleVersions }) => ruleVersions),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ more, versions }) => (more ? versions.at(-1)?.version : undefined),
  })

export const ownModelOptions = (asOf?: string) =>
  queryOptions({
    queryKey: ['insights', 'model', asOf ?? null],
    queryFn: ({ signal }) => request(OwnModelDocument, place(asOf), signal).then(({ ownModel }) => ownModel),
  })

/** What rules would change in the past; without rules, what reading it anew by those that stand would. */
export const rulesPreviewOptions = (rules: RuleInput[] | null) =>
  queryOptions({
    queryKey: ['insights', 'preview', rules],
    queryFn: ({ signal }) =>
      request(RulesPreviewDocument, { rules }, signal).then(({ rulesPreview }) => rulesPreview),
    staleTime: 0,
  })

export const payeePreviewOptions = (transactionId: string, categoryId: string) =>
  queryOptions({
    queryKey: ['insights', 'payee', transactionId, categoryId],
    queryFn: ({ signal }) =>
      request(PayeePreviewDocument, { transactionId, categoryId }, signal).then(
        ({ payeePreview }) => payeePreview,
      ),
    staleTime: 0,
  })

export const payeeQuestionsOptions = (asOf?: string) =>
  queryOptions({
    queryKey: ['insights', 'questions', asOf ?? null],
    queryFn: ({ signal }) =>
      request(PayeeQuestionsDocument, place(asOf), signal).then(({ payeeQuestions }) => payeeQuestions),
  })
