//! Which transactions are asked for.

use async_graphql::{Context, Enum, ID, InputObject, Result};
use projections::transactions as read;

use super::{LONGEST_SEARCH, MOST_CATEGORIES, MOST_EXCEPTED};
use crate::api::scalars::Date;
use crate::api::visit::refuse;

/// Which rows.
#[derive(Clone, Default, InputObject)]
pub struct TransactionFilter {
    /// Of this account.
    account_id: Option<ID>,
    /// In this category.
    category_id: Option<String>,
    /// Words looked for in counterparty and text.
    search: Option<String>,
    /// Booked on this day or later.
    from: Option<Date>,
    /// Booked on this day or earlier.
    to: Option<Date>,
    /// Smallest absolute amount in minor units.
    minimum_minor: Option<String>,
    /// Largest absolute amount in minor units.
    maximum_minor: Option<String>,
    /// Money in or out.
    direction: Option<Direction>,
    /// In one of these categories; at most 50.
    category_ids: Option<Vec<String>>,
    /// Marked with all of these.
    marks: Option<Vec<TransactionMark>>,
    /// Only those taken off the lists, or only the others; none for both.
    hidden: Option<bool>,
    /// Let through by none of these; at most 8, which except nothing themselves.
    except: Option<Vec<TransactionFilter>>,
}

/// Something a transaction can be marked as.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::transactions::Mark")]
pub enum TransactionMark {
    /// It is not in the bank's books yet.
    Pending,
    /// It waits for the person's verdict.
    Doubted,
    /// The bank took it back.
    Withdrawn,
    /// It has a note.
    Noted,
    /// It is split.
    Split,
    /// Its category was chosen by the person.
    Chosen,
}

/// Which way money goes.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::transactions::Direction")]
pub enum Direction {
    /// To the account holder.
    In,
    /// From the account holder.
    Out,
}

pub(super) fn asked_filter(
    context: &Context<'_>,
    given: Option<TransactionFilter>,
) -> Result<read::TransactionFilter> {
    let mut given = given.unwrap_or_default();
    let excepted = given.except.take().unwrap_or_default();
    let wrong = |what: &str| refuse(context, "FILTER_INVALID", what);
    if excepted.len() > MOST_EXCEPTED || excepted.iter().any(|one| one.except.is_some()) {
        return Err(wrong("Except at most 8 filters, which except nothing themselves."));
    }
    let except: Result<Vec<_>> =
        excepted.into_iter().map(|one| plain_filter(context, one)).collect();
    Ok(read::TransactionFilter { except: except?, ..plain_filter(context, given)? })
}

fn plain_filter(
    context: &Context<'_>,
    given: TransactionFilter,
) -> Result<read::TransactionFilter> {
    let wrong = |what: &str| refuse(context, "FILTER_INVALID", what);
    let amount = |text: Option<String>| {
        text.map(|text| text.parse().map_err(|_| wrong("An amount is whole minor units as text.")))
            .transpose()
    };
    if given.search.as_ref().is_some_and(|text| text.chars().count() > LONGEST_SEARCH) {
        return Err(wrong("A search has at most 100 characters."));
    }
    let categories = given.category_ids.unwrap_or_default();
    if categories.len() > MOST_CATEGORIES {
        return Err(wrong("Ask for at most 50 categories."));
    }
    let account_id = given.account_id.map(|id| id.parse()).transpose();
    Ok(read::TransactionFilter {
        account_id: account_id.map_err(|_| wrong("This is no account's identifier."))?,
        category: given.category_id,
        search: given.search,
        from: given.from.map(|day| day.0),
        to: given.to.map(|day| day.0),
        minimum_minor: amount(given.minimum_minor)?,
        maximum_minor: amount(given.maximum_minor)?,
        direction: given.direction.map(Into::into),
        categories,
        marks: given.marks.unwrap_or_default().into_iter().map(Into::into).collect(),
        hidden: given.hidden,
        except: Vec::new(),
    })
}
