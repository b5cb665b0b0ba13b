//! How long the page waits for insights over all those rows: each of its questions many times, once
//! before anything is kept in memory, and after a change of one row.

use std::time::Instant;

use serde_json::{Value, json};

use crate::Failure;
use crate::customer::Customer;

/// How often each question is asked.
const TIMES: usize = 60;
/// Of so many rounds one comes right after a change.
const ROUNDS_A_CHANGE: usize = 20;

const QUESTIONS: [(&str, &str); 9] = [
    (
        "recurring",
        "recurring { label payee rhythm state fixed nextDay expected { minor } hits { day transactionId } }",
    ),
    (
        "forecasts",
        "forecasts { balance { minor } days { day known { minor } low { minor } high { minor } } expected { day label } }",
    ),
    ("notices", "notices(withMuted: true) { key kind label day restsOn muted }"),
    ("budgets", "budgets { category { id } spent { minor } likely { minor } }"),
    (
        "cash flow",
        "cashFlow(by: MONTH, from: FROM, to: TO) { from income { minor } spent { minor } categories { category { id } spent { minor } } }",
    ),
    ("net worth", "netWorth(from: FROM, to: TO) { day amounts { minor } }"),
    (
        "payees",
        "payeeSpending(categoryId: \"groceries\", from: FROM, to: TO) { label amount { minor } count }",
    ),
    ("own transfers", "ownTransfers(first: 5) { certain out { id } back { id } }"),
    ("refunds", "refunds(first: 5) { certain out { id } back { id } }"),
];

/// Asks everything, prints a line for each question, and gives the figures.
///
/// # Errors
/// An answer is an error.
pub async fn measure(customer: &mut Customer, today: chrono::NaiveDate) -> Result<Value, Failure> {
    let from = today.checked_sub_days(chrono::Days::new(730)).unwrap_or(today);
    let text = |question: &str| {
        let day = |day: chrono::NaiveDate| format!("\"{day}\"");
        let with_days = question.replace("FROM", &day(from)).replace("TO", &day(today));
        format!("query {{ {with_days} knownAt {{ position }} }}")
    };
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); QUESTIONS.len()];
    let mut first = 0.0;
    let row = customer.told("query { transactions(first: 1) { edges { node { id } } } }").await?;
    let row = row["data"]["transactions"]["edges"][0]["node"]["id"].clone();
    for round in 0..TIMES {
        if round % ROUNDS_A_CHANGE == ROUNDS_A_CHANGE - 1 {
            let note = format!(
                "mutation {{ noteTransaction(transactionId: {row}, note: \"{round}\") {{ status }} }}"
            );
            customer.told(&note).await?;
        }
        for (at, (name, question)) in QUESTIONS.iter().enumerate() {
            let begun = Instant::now();
            let answer = customer.told(&text(question)).await?;
            let took = begun.elapsed().as_secs_f64() * 1_000.0;
            if answer.get("errors").is_some() {
                return Err(format!("{name}: {answer}").into());
            }
            if round == 0 && at == 0 {
                first = took;
            } else {
                times[at].push(took);
            }
        }
    }
    let mut all: Vec<f64> = times.iter().flatten().copied().collect();
    println!("asking the page's questions, in ms; the very first took {first:.0}");
    println!("{:16} {:>8} {:>8} {:>8} {:>8}", "", "p50", "p95", "p99", "most");
    let mut told = serde_json::Map::new();
    let mut line = |name: &str, times: &mut Vec<f64>| {
        let [middle, high, higher, most] = [50, 95, 99, 100].map(|part| quantile(times, part));
        println!("{name:16} {middle:8.1} {high:8.1} {higher:8.1} {most:8.1}");
        let figures = json!({ "p50": middle, "p95": high, "p99": higher, "most": most });
        told.insert(name.replace(' ', "_"), figures);
    };
    for ((name, _), times) in QUESTIONS.iter().zip(&mut times) {
        line(name, times);
    }
    line("all", &mut all);
    told.insert("first_ms".to_owned(), json!(first));
    Ok(Value::Object(told))
}

/// The value below which so many of a hundred lie.
fn quantile(times: &mut [f64], part: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    let place = (times.len() * part).div_ceil(100).saturating_sub(1);
    times.get(place).copied().unwrap_or_default()
}
