//! The versions of a person's rules, as the log has them, and how far the person's own model is.

use std::collections::BTreeMap;

use async_graphql::{ComplexObject, Context, Enum, Object, Result, SimpleObject};
use domain::rules::{self, RuleChange};
use insights::base::{Knowledge, LISTS_VERSION};
use projections::guidance::RuleSetRow;
use projections::transactions::own_model::MOST_CORRECTIONS;

use super::as_of::{AsOf, At, KnownAt, moment, names_its_place};
use super::guiding::Rule;
use super::scalars::{Instant, Position};
use super::visit::{internal, person};

/// Most versions one answer holds.
const MOST_VERSIONS: u32 = 50;

/// How a rule changed from one version to the next.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum RuleChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It asks for, or says, something else.
    Changed,
    /// The rules that stayed are asked in another order.
    Reordered,
}

/// How a version differs from the one before it.
#[derive(SimpleObject)]
pub struct RuleSetChange {
    /// How.
    kind: RuleChangeKind,
    /// The rule's name; none of an order.
    name: Option<String>,
}

impl From<RuleChange> for RuleSetChange {
    fn from(change: RuleChange) -> Self {
        let (kind, name) = match change {
            RuleChange::Added(name) => (RuleChangeKind::Added, Some(name)),
            RuleChange::Removed(name) => (RuleChangeKind::Removed, Some(name)),
            RuleChange::Changed(name) => (RuleChangeKind::Changed, Some(name)),
            RuleChange::Reordered => (RuleChangeKind::Reordered, None),
        };
        Self { kind, name }
    }
}

/// A version of a person's rules. Nobody but the person adopts rules: every version is their own.
#[derive(SimpleObject)]
pub struct RuleSetVersion {
    /// Counts them from 1.
    version: i32,
    /// When it was adopted.
    adopted_at: Instant,
    /// The event that says so.
    position: Position,
    /// Whether the past was read by it too.
    over_past: bool,
    /// Rows that went to another category then, also by what the corrections had taught since.
    rows_moved: i32,
    /// How it differs from the version before.
    changes: Vec<RuleSetChange>,
    /// Its rules in order. Adopting them anew is the way back to it.
    rules: Vec<Rule>,
}

/// Some versions of a person's rules.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct RuleSetVersions {
    #[graphql(skip)]
    at: At,
    /// The newest first.
    versions: Vec<RuleSetVersion>,
    /// Whether there are earlier ones.
    more: bool,
}

/// How far a person's own model is. It is made of their corrections alone, so it is the same whenever it
/// is made anew.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct OwnModel {
    #[graphql(skip)]
    at: At,
    /// Corrections it rests on: of each row the last one.
    corrections: i32,
    /// Most corrections that are kept in it: the newest.
    most_corrections: i32,
    /// Payees they are about.
    payees: i32,
    /// The newest corrections, at most 100.
    newest: i32,
    /// Those of them that it would have said by itself, from the corrections before.
    foretold: i32,
    /// The newest rows, of at most 500, that neither the person nor a rule of theirs decides; none without
    /// a correction.
    rows: i32,
    /// Those of them that it is sure enough of to say, and not to ask.
    sure: i32,
    /// The version of the model that comes with the program.
    base_version: i32,
    /// The version of the lists that come with the program.
    lists_version: i32,
}

names_its_place!(RuleSetVersions, OwnModel);

fn small(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}

fn version(
    row: RuleSetRow,
    former: Option<&RuleSetRow>,
    moved: &BTreeMap<u32, u64>,
) -> RuleSetVersion {
    let before = former.map_or(&[][..], |former| &former.set.rules);
    let changes = rules::changes(before, &row.set.rules).into_iter().map(Into::into).collect();
    RuleSetVersion {
        version: small(row.set.version),
        adopted_at: Instant(row.adopted_at),
        position: Position(row.position),
        over_past: row.over_past,
        rows_moved: small(moved.get(&row.set.version).copied().unwrap_or_default()),
        changes,
        rules: row.set.rules.into_iter().map(Rule::of).collect(),
    }
}

/// Reading the versions of what decides categories.
#[derive(Default)]
pub struct VersionQueries;

#[Object]
impl VersionQueries {
    /// The versions of the person's rules, newest first: those below `before`, at most 50 at once.
    #[graphql(complexity = "usize::try_from(first.clamp(1, MOST_VERSIONS)).unwrap_or(1) \
                            * child_complexity / 10 + 1")]
    async fn rule_versions(
        &self,
        context: &Context<'_>,
        #[graphql(default = 10)] first: u32,
        before: Option<u32>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<RuleSetVersions> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let most = first.clamp(1, MOST_VERSIONS);
        // One more, so that the last one can be compared with the one before it.
        let found = at.view().guidances().rule_sets(user_id, before, most + 1).await;
        let mut found = found.map_err(|error| internal(context, error))?;
        let ends = [found.last(), found.first()].map(|row| row.map_or(0, |row| row.set.version));
        let moved = at.view().transactions().moved_by_rules(user_id, ends).await;
        let moved = moved.map_err(|error| internal(context, error))?;
        let more = found.len() > most as usize;
        let mut versions: Vec<RuleSetVersion> = Vec::with_capacity(found.len());
        // From the earliest on: each has the one before it at hand.
        let mut former = if more { found.pop() } else { None };
        for row in found.into_iter().rev() {
            versions.push(version(row.clone(), former.as_ref(), &moved));
            former = Some(row);
        }
        versions.reverse();
        Ok(RuleSetVersions { at, versions, more })
    }

    /// How far the person's own model is, and which versions of the program's knowledge stand beside it.
    #[graphql(complexity = "50 + child_complexity")]
    async fn own_model(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<OwnModel> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let model = at.view().transactions().own_model(user_id).await;
        let model = model.map_err(|error| internal(context, error))?;
        Ok(OwnModel {
            at,
            corrections: small(model.corrections),
            most_corrections: small(MOST_CORRECTIONS),
            payees: small(model.payees),
            newest: small(model.newest),
            foretold: small(model.foretold),
            rows: small(model.rows),
            sure: small(model.sure),
            base_version: i32::from(Knowledge::bundled().model.version()),
            lists_version: small(LISTS_VERSION),
        })
    }
}
