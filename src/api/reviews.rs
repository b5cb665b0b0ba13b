//! What waits for a person's verdict, and why a row is what it is.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};
use domain::transaction::{self, Verdict};
use projections::reviews::{DecisionRow, ReviewRow};

use super::as_of::{AsOf, At, KnownAt, moment, names_its_place};
use super::editing::ReviewVerdict;
use super::scalars::{Instant, Position};
use super::transactions::{PageInfo, Transaction};
use super::visit::{internal, person, refuse};

/// Most doubts of one page.
const MOST_ROWS: i32 = 50;

/// Why a row was taken for what it was taken for.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum ReasonKind {
    /// The bank's reference is the same.
    SameReference,
    /// The bank's transaction identifier is the same.
    SameIdentifier,
    /// Every field is the same.
    SameFields,
    /// It is the one at `number` (from 0) among equal rows.
    CountedAmongEquals,
    /// The amount is the same.
    SameAmount,
    /// The amounts differ by `number` parts in a thousand.
    AmountDiffers,
    /// `number` days lie between the two.
    DaysApart,
    /// The other side is the same.
    SameCounterparty,
    /// The texts have `number` parts in a thousand in common.
    TextAlike,
    /// The amount in the foreign currency is the same.
    SameOriginalAmount,
    /// The pending row is gone from a window that would have shown it.
    PendingGone,
    /// It was pending and is booked.
    Booked,
    /// No other row comes into question.
    OnlyCandidate,
    /// Another row comes into question nearly as well; this one is better by `number` parts in a
    /// thousand.
    CloseSecond,
    /// The two differ in nothing but the bank's reference.
    EqualButReference,
    /// The bank's identifiers have proved to be worth nothing.
    IdentifiersNotTrusted,
    /// It is missing from `number` whole windows in a row.
    Missing,
    /// The bank shows both at the same time, booked, and they differ.
    BothShown,
    /// A person said so.
    PersonSaid,
}

/// Why, with the number that belongs to it.
#[derive(SimpleObject)]
pub struct Reason {
    /// Which reason.
    kind: ReasonKind,
    /// Days, places, windows or parts in a thousand, as the kind says.
    number: Option<i32>,
}

impl From<transaction::Reason> for Reason {
    fn from(reason: transaction::Reason) -> Self {
        use transaction::Reason as Because;
        let number = |number: u32| Some(i32::try_from(number).unwrap_or(i32::MAX));
        let (kind, number) = match reason {
            Because::SameReference => (ReasonKind::SameReference, None),
            Because::SameIdentifier => (ReasonKind::SameIdentifier, None),
            Because::SameFields => (ReasonKind::SameFields, None),
            Because::CountedAmongEquals { place } => {
                (ReasonKind::CountedAmongEquals, number(place))
            }
            Because::SameAmount => (ReasonKind::SameAmount, None),
            Because::AmountDiffers { per_mille } => (ReasonKind::AmountDiffers, number(per_mille)),
            Because::DaysApart { days } => (ReasonKind::DaysApart, Some(days)),
            Because::SameCounterparty => (ReasonKind::SameCounterparty, None),
            Because::TextAlike { per_mille } => (ReasonKind::TextAlike, number(per_mille)),
            Because::SameOriginalAmount => (ReasonKind::SameOriginalAmount, None),
            Because::PendingGone => (ReasonKind::PendingGone, None),
            Because::Booked => (ReasonKind::Booked, None),
            Because::OnlyCandidate => (ReasonKind::OnlyCandidate, None),
            Because::CloseSecond { per_mille } => (ReasonKind::CloseSecond, number(per_mille)),
            Because::EqualButReference => (ReasonKind::EqualButReference, None),
            Because::IdentifiersNotTrusted => (ReasonKind::IdentifiersNotTrusted, None),
            Because::Missing { windows } => (ReasonKind::Missing, number(windows)),
            Because::BothShown => (ReasonKind::BothShown, None),
            Because::PersonSaid => (ReasonKind::PersonSaid, None),
        };
        Self { kind, number }
    }
}

/// What was decided.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum DecisionKind {
    /// A pending row was booked.
    Settled,
    /// The bank said something else than before.
    Amended,
    /// The bank took it back.
    Withdrawn,
    /// The bank shows it again.
    Returned,
    /// It may be a known transaction, and may not.
    Doubted,
    /// A doubt was settled.
    Resolved,
    /// Two transactions are one.
    Merged,
    /// A joining was undone.
    Parted,
    /// Newer rules were run over the past, and a person accepted what they say.
    Redecided,
    /// That was undone.
    PutBack,
    /// A category was chosen.
    Categorised,
    /// A note was written.
    Noted,
    /// It was split.
    Split,
    /// It was taken off the lists.
    Hidden,
    /// It was put back on the lists.
    Shown,
}

fn kind(word: &str) -> Option<DecisionKind> {
    Some(match word {
        "settled" => DecisionKind::Settled,
        "amended" => DecisionKind::Amended,
        "withdrawn" => DecisionKind::Withdrawn,
        "returned" => DecisionKind::Returned,
        "doubted" => DecisionKind::Doubted,
        "resolved" => DecisionKind::Resolved,
        "merged" => DecisionKind::Merged,
        "parted" => DecisionKind::Parted,
        "redecided" => DecisionKind::Redecided,
        "put_back" => DecisionKind::PutBack,
        "categorised" => DecisionKind::Categorised,
        "noted" => DecisionKind::Noted,
        "split" => DecisionKind::Split,
        "hidden" => DecisionKind::Hidden,
        "shown" => DecisionKind::Shown,
        _ => return None,
    })
}

/// Where something was read.
#[derive(SimpleObject)]
pub struct EvidenceRead {
    /// The run of reading.
    fetch_id: ID,
    /// Which answer of that run, from 0; none for a whole window.
    answer: Option<i32>,
    /// Which row of that answer, from 0.
    row: Option<i32>,
}

/// Something that was decided about a transaction.
#[derive(SimpleObject)]
pub struct TransactionDecision {
    /// Where in the log it stands.
    position: Position,
    /// What.
    kind: DecisionKind,
    /// The other transaction it is about.
    other_id: Option<ID>,
    /// Whether a person decided, and not the rules.
    by_person: bool,
    /// How sure, in parts of a thousand.
    score: Option<i32>,
    /// The version of the rules.
    rules_version: Option<i32>,
    /// On what grounds.
    reasons: Vec<Reason>,
    /// What gave rise to it.
    evidence: Option<EvidenceRead>,
    /// When.
    decided_at: Instant,
    /// Where in the log its undoing stands.
    undone_at: Option<Position>,
    /// Whether `undoDecision` takes it now.
    undoable: bool,
}

fn small(number: Option<u32>) -> Option<i32> {
    number.map(|number| i32::try_from(number).unwrap_or(i32::MAX))
}

/// Decisions, newest first: of those that joined two readings only the newest can be undone.
pub(super) fn decisions(rows: Vec<DecisionRow>) -> Vec<TransactionDecision> {
    let newest = rows.iter().find(|row| row.joined && row.undone_position.is_none());
    let newest = newest.map(|row| row.position);
    let decision = |row: DecisionRow| {
        Some(TransactionDecision {
            position: Position(row.position),
            kind: kind(&row.kind)?,
            other_id: row.other_id.map(|id| ID(id.to_string())),
            by_person: row.by_person,
            score: small(row.score),
            rules_version: small(row.rules),
            reasons: row.reasons.into_iter().map(Into::into).collect(),
            evidence: row.fetch_id.map(|id| EvidenceRead {
                fetch_id: ID(id.to_string()),
                answer: small(row.answer),
                row: small(row.row),
            }),
            decided_at: Instant(row.decided_at),
            undone_at: row.undone_position.map(Position),
            undoable: newest == Some(row.position),
        })
    };
    rows.into_iter().filter_map(decision).collect()
}

/// What a doubted row may be.
#[derive(SimpleObject)]
pub struct ReviewCandidate {
    /// The known transaction.
    transaction: Transaction,
    /// How likely, in parts of a thousand.
    score: i32,
    /// On what grounds.
    reasons: Vec<Reason>,
}

/// A row that was put to the person.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Review {
    /// Since when.
    doubted_at: Instant,
    /// Where in the log the doubt stands.
    position: Position,
    /// What it turned out to be.
    verdict: Option<ReviewVerdict>,
    /// Whether a person said so, and not better rules.
    by_person: bool,
    /// When.
    resolved_at: Option<Instant>,
    /// Where in the log the verdict stands; what `undoDecision` takes.
    resolved_position: Option<Position>,
    #[graphql(skip)]
    row: ReviewRow,
    #[graphql(skip)]
    at: At,
}

#[ComplexObject]
impl Review {
    /// The row.
    async fn transaction(&self, context: &Context<'_>) -> Result<Option<Transaction>> {
        Transaction::named(context, self.row.transaction_id, &self.at).await
    }

    /// What it may be, best first.
    #[graphql(complexity = "5 * child_complexity")]
    async fn candidates(&self, context: &Context<'_>) -> Result<Vec<ReviewCandidate>> {
        let mut found = Vec::with_capacity(self.row.candidates.len());
        for candidate in &self.row.candidates {
            let named = Transaction::named(context, candidate.transaction_id, &self.at).await?;
            let reasons = candidate.reasons.iter().cloned().map(Into::into).collect();
            let score = i32::try_from(candidate.score).unwrap_or(i32::MAX);
            let of = |transaction| ReviewCandidate { transaction, score, reasons };
            found.extend(named.map(of));
        }
        Ok(found)
    }

    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.at.known_at(context).await
    }
}

impl Review {
    pub(super) fn of(row: ReviewRow, at: &At) -> Self {
        let verdict = row.verdict.map(|verdict| match verdict {
            Verdict::Separate => ReviewVerdict::Separate,
            Verdict::SameAs { .. } => ReviewVerdict::SameAs,
        });
        Self {
            doubted_at: Instant(row.doubted_at),
            position: Position(row.position),
            verdict,
            by_person: row.by_person,
            resolved_at: row.resolved_at.map(Instant),
            resolved_position: row.resolved_position.map(Position),
            row,
            at: At::clone(at),
        }
    }
}

/// A page of doubts.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ReviewPage {
    /// The doubts, oldest first.
    nodes: Vec<Review>,
    /// Where it ends.
    page_info: PageInfo,
    /// How many there are in all.
    total_count: i32,
    #[graphql(skip)]
    at: At,
}

names_its_place!(ReviewPage);

/// Reading doubts.
#[derive(Default)]
pub struct ReviewQueries;

#[Object]
impl ReviewQueries {
    /// Rows that wait for the person's verdict, oldest first; `first` at most 50.
    #[graphql(complexity = "usize::try_from(first.clamp(1, MOST_ROWS)).unwrap_or(1) \
                            * child_complexity / 10 + 1")]
    async fn reviews(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20)] first: i32,
        after: Option<String>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<ReviewPage> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let wrong = |_| refuse(context, "CURSOR_INVALID", "Begin again from the first page.");
        let after = after.map(|cursor| cursor.parse().map_err(wrong)).transpose()?;
        let first = u32::try_from(first.clamp(1, MOST_ROWS)).unwrap_or(1);
        let page = at.view().reviews().open(user_id, first, after).await;
        let page = page.map_err(|error| internal(context, error))?;
        let end_cursor = page.rows.last().map(|row| row.position.to_string());
        Ok(ReviewPage {
            nodes: page.rows.into_iter().map(|row| Review::of(row, &at)).collect(),
            page_info: PageInfo { has_next_page: page.has_next, end_cursor },
            total_count: i32::try_from(page.total_count).unwrap_or(i32::MAX),
            at,
        })
    }

    /// Verdicts, the newest first; `first` at most 50.
    #[graphql(complexity = "usize::try_from(first.clamp(1, MOST_ROWS)).unwrap_or(1) \
                            * child_complexity / 10 + 1")]
    async fn resolved_reviews(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20)] first: i32,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<Review>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let first = u32::try_from(first.clamp(1, MOST_ROWS)).unwrap_or(1);
        let rows = at.view().reviews().resolved(user_id, first).await;
        let rows = rows.map_err(|error| internal(context, error))?;
        Ok(rows.into_iter().map(|row| Review::of(row, &at)).collect())
    }
}
