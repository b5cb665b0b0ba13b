//! Everything that can be read and asked for, and the limits on a query.

use async_graphql::{EmptySubscription, MergedObject, Schema, SchemaBuilder};

use super::{
    accounts, analysis, as_of, auditing, connecting, connections, costs, coverage, demonstration,
    editing, editing_several, erasing, factors, guiding, imports, insights, operations, people,
    programs, redeciding, renewal, reviews, roles, rule_versions, running, sharing, spending,
    statement, totals, transactions,
};

/// Deepest nesting of a query.
const DEEPEST_QUERY: usize = 10;
/// Most a query may weigh, with pages counted by their length.
const HEAVIEST_QUERY: usize = 2_000;
/// Most directives on a field.
const MOST_DIRECTIVES: usize = 5;

/// Everything that can be read.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct Queries(
    operations::OperationQueries,
    as_of::AsOfQueries,
    connections::ConnectionQueries,
    accounts::AccountQueries,
    transactions::TransactionQueries,
    spending::SpendingQueries,
    totals::TotalQueries,
    renewal::RenewalQueries,
    reviews::ReviewQueries,
    coverage::CoverageQueries,
    factors::FactorQueries,
    roles::RoleQueries,
    programs::ProgramQueries,
    running::RunningQueries,
    auditing::AuditQueries,
    analysis::AnalysisQueries,
    sharing::SharingQueries,
    insights::InsightQueries,
    guiding::GuidanceQueries,
    statement::StatementQueries,
    redeciding::RedecidingQueries,
    imports::ImportQueries,
    rule_versions::VersionQueries,
);

/// Everything that can be asked for.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct Mutations(
    people::PeopleMutations,
    connecting::ConnectionMutations,
    demonstration::DemonstrationMutations,
    erasing::ErasingMutations,
    renewal::RenewalMutations,
    editing::EditingMutations,
    factors::FactorMutations,
    sharing::SharingMutations,
    roles::RoleMutations,
    programs::ProgramMutations,
    guiding::GuidanceMutations,
    editing_several::SeveralMutations,
    redeciding::RedecidingMutations,
);

/// The schema of the API.
pub type ApiSchema = Schema<Queries, Mutations, EmptySubscription>;

/// The schema with its limits, still to be given what it reads from.
pub(super) fn builder() -> SchemaBuilder<Queries, Mutations, EmptySubscription> {
    Schema::build(Queries::default(), Mutations::default(), EmptySubscription)
        .limit_depth(DEEPEST_QUERY)
        .limit_complexity(HEAVIEST_QUERY)
        .limit_recursive_depth(DEEPEST_QUERY * 2)
        .limit_directives(MOST_DIRECTIVES)
        .disable_suggestions()
        .extension(costs::Costs)
}

/// The schema as text, as it stands in `schema.graphql`.
#[must_use]
pub fn schema_text() -> String {
    builder().finish().sdl()
}
