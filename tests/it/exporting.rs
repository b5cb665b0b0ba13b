//! A person's books written for other programs, and sums over currencies.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::id::UserId;
use opl::app::Options;
use opl::exporting::files::Written;
use opl::exporting::{ExportFormat, export};
use serde_json::{Value, json};

use crate::support::{Browser, Scratch, Store, World};

const SAMPLE: &[u8] = include_bytes!("../../formats/tests/samples/camt053.08.xml");
const KRONOR: &str = "Datum;Belopp;Text;Saldo;Valuta\n\
    2026-01-05;-259,00;Café;15741,00;SEK\n2026-01-15;30000,00;Lön;45741,00;SEK\n";

async fn import(browser: &mut Browser, bytes: &[u8], mut body: Value) -> Value {
    body["content"] = STANDARD.encode(bytes).into();
    body["confirm"] = true.into();
    let (status, mut answer) = browser.post("/import", &body).await;
    assert_eq!(status, 200, "{answer}");
    answer["imported"].take()
}

async fn person(browser: &mut Browser) -> UserId {
    let data = browser.graphql("{ me { id } }", json!({})).await;
    data["me"]["id"].as_str().expect("an identifier").parse().expect("a person")
}

async fn write(world: &World, user_id: UserId, format: ExportFormat, out: &Path) -> Written {
    let done = export(&world.app, user_id, format, out, || false, |_, _| {}).await;
    done.unwrap_or_else(|error| panic!("{format:?}: {error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_is_written_once_and_says_the_same_elsewhere() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let mut browser = world.person().await;
    let user_id = person(&mut browser).await;
    import(&mut browser, SAMPLE, json!({})).await;
    import(&mut browser, KRONOR.as_bytes(), json!({ "newAccount": "Privatkonto" })).await;
    let out = Scratch::new();
    let formats = [
        ExportFormat::Hledger,
        ExportFormat::Beancount,
        ExportFormat::Csv,
        ExportFormat::Camt053,
        ExportFormat::Ofx,
    ];
    for format in formats {
        let first = write(&world, user_id, format, out.path()).await;
        assert!(first.written > 0 && first.rows == 5, "{format:?}: {first:?}");
        let again = write(&world, user_id, format, out.path()).await;
        assert_eq!((again.written, again.unchanged), (0, first.written), "{format:?}");
    }
    // What is exported bit by bit is what is exported at once.
    let later = include_bytes!("../../formats/tests/samples/camt052.06.xml");
    import(&mut browser, later, json!({})).await;
    let whole = Scratch::new();
    for format in formats {
        let bit = write(&world, user_id, format, out.path()).await;
        assert!(
            bit.unchanged > 0 || matches!(format, ExportFormat::Camt053 | ExportFormat::Ofx),
            "{format:?}: {bit:?}"
        );
        write(&world, user_id, format, whole.path()).await;
    }
    let same = Command::new("diff").arg("-r").arg(out.path()).arg(whole.path()).status();
    assert!(same.expect("diff").success(), "incremental and whole exports are the same files");
    // The statements are another person's file: the same rows and balances.
    let mut other = world.person().await;
    let mut rows = 0;
    for entry in std::fs::read_dir(out.path().join("camt053")).expect("statements").flatten() {
        let bytes = std::fs::read(entry.path()).expect("a statement");
        rows += import(&mut other, &bytes, json!({})).await["new"].as_u64().expect("rows");
    }
    assert_eq!(rows, 6);
    let query = "query ($at: Position) { accounts(atLeast: $at) { booked { minor currency } } }";
    let at = json!({ "at": u32::MAX.to_string() });
    let mut sums = Vec::new();
    for browser in [&mut browser, &mut other] {
        let data = browser.graphql(query, at.clone()).await;
        let mut told: Vec<String> = data["accounts"]
            .as_array()
            .expect("accounts")
            .iter()
            .map(|account| account["booked"].to_string())
            .collect();
        told.sort_unstable();
        sums.push(told);
    }
    assert_eq!(sums[0], sums[1]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn currencies_are_added_up_by_published_rates_and_never_guessed() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let mut browser = world.person().await;
    import(&mut browser, SAMPLE, json!({})).await;
    import(&mut browser, KRONOR.as_bytes(), json!({ "newAccount": "Privatkonto" })).await;
    let query = "query ($currency: String!, $at: Position) { convertedTotal(currency: $currency, \
        atLeast: $at) { amount { minor } rates { currency base rate day source } \
        unconverted { minor currency } } }";
    let asked = json!({ "currency": "EUR", "at": u32::MAX.to_string() });
    let told = browser.graphql(query, asked.clone()).await;
    let total = &told["convertedTotal"];
    assert_eq!(total["amount"]["minor"], "376410", "without a rate kronor are left out");
    assert_eq!(total["unconverted"][0], json!({ "minor": "4574100", "currency": "SEK" }));

    let today = world.app.clock.now().date_naive();
    let correlation = uuid::Uuid::new_v4();
    // Rates of a demonstration stand in, by their own name, until published ones are known.
    let invented = format!("Date,SEK\n{today},10.0000\n");
    let taken = opl::rates::take_invented(&world.app, invented.as_bytes(), correlation).await;
    assert_eq!(taken.expect("rates").new, 1);
    let told = browser.graphql(query, asked.clone()).await;
    let total = &told["convertedTotal"];
    assert_eq!(total["amount"]["minor"], (376_410 + 457_410).to_string(), "{total}");
    assert_eq!(total["rates"][0]["source"], "sandbox");

    let file = format!("Date,USD,SEK\n{today},1.0500,11.4353\n");
    let taken = opl::rates::take(&world.app, file.as_bytes(), correlation).await.expect("rates");
    assert_eq!((taken.new, taken.known), (1, 0));
    let again = opl::rates::take(&world.app, file.as_bytes(), correlation).await.expect("rates");
    assert_eq!((again.new, again.known), (0, 1));
    let other = file.replace("11.4353", "11.4354");
    let refused = opl::rates::take(&world.app, other.as_bytes(), correlation).await;
    assert!(refused.is_err(), "a published rate does not change");

    let told = browser.graphql(query, asked).await;
    let total = &told["convertedTotal"];
    // 45741.00 kronor by 11.4353 are 4000.00 euros (3999.98…).
    assert_eq!(total["amount"]["minor"], (376_410 + 399_998).to_string(), "{total}");
    assert_eq!(
        total["rates"],
        json!([{ "currency": "SEK", "base": "EUR", "rate": "11.4353", "day": today.to_string(),
            "source": "ecb" }])
    );
    assert_eq!(total["unconverted"], json!([]));
    world.stop().await;
}
