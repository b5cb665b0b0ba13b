//! A table of text (RFC 4180): one row a transaction, amounts with a decimal point.

use super::{BookAccount, BookMonth, one_line};

/// The columns.
pub const COLUMNS: [&str; 12] = [
    "date",
    "value_date",
    "account",
    "currency",
    "amount",
    "counterparty",
    "counterparty_account",
    "text",
    "reference",
    "category",
    "bank_reference",
    "transaction_id",
];

/// A text that a spreadsheet would take for a formula gets an apostrophe before it.
fn cell(text: &str) -> String {
    let text = one_line(text);
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

/// One month, with a heading. A split transaction has a row for each part.
#[must_use]
pub fn month(accounts: &[BookAccount], month: &BookMonth) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(COLUMNS);
    for row in &month.rows {
        let account = &accounts[row.account];
        let optional = |text: &Option<String>| text.as_deref().map(cell).unwrap_or_default();
        for (category, amount) in &row.parts {
            let _ = writer.write_record([
                row.day.to_string(),
                row.value_date.map(|day| day.to_string()).unwrap_or_default(),
                cell(&account.identifier),
                account.currency.to_string(),
                amount.to_string(),
                optional(&row.counterparty),
                optional(&row.counterparty_identifier),
                cell(&row.text),
                optional(&row.reference),
                category.clone(),
                optional(&row.bank_reference),
                row.id.clone(),
            ]);
        }
    }
    writer.into_inner().unwrap_or_default()
}
