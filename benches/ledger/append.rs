//! Appending: single events and bulk against the stock stores and the raw limits, latency, a
//! command on a long stream, and what sealing and the tree cost.

use crate::measure::{Sample, stock};
use crate::ours::{Load, Ours};
use crate::place::{Kind, Spot};
use crate::report::{Bound, Outcome, median, outcome};
use crate::{Bench, Failure, raw};

/// Length of the long stream, the same in every size of the run: it is what is measured.
const LONG: u64 = 5_000;

/// Most callers a stock store is asked to bear: beyond it gets slower.
fn stock_callers(kind: Kind, callers: u32) -> u32 {
    callers.min(match kind {
        Kind::Sqlite => 16,
        Kind::Postgres => 32,
    })
}

/// All benchmarks of this part on one store.
pub async fn run(bench: &Bench, kind: Kind) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = Vec::new();
    for (callers, commands, floor) in [
        (1, 400, Bound::None),
        (16, 3_000, Bound::None),
        (64, 12_000, Bound::AtLeast(5.0)),
        (256, 20_000, Bound::None),
    ] {
        outcomes.extend(single(bench, kind, callers, commands, (floor, false)).await?);
    }
    // The floor is for commands that look nothing up: those that begin an aggregate, and those on
    // one in memory. What a first look costs is told beside it.
    outcomes.extend(single(bench, kind, 64, 12_000, (Bound::None, true)).await?);
    outcomes.extend(bulk(bench, kind).await?);
    outcomes.extend(command(bench, kind).await?);
    Ok(outcomes)
}

/// Ours in a place of its own.
async fn ours(bench: &Bench, kind: Kind, load: Load) -> Result<Sample, Failure> {
    let spot = bench.ground.spot(kind).await?;
    let ours = Ours::open(&spot).await?;
    let sample = ours.append(load).await?;
    ours.close().await;
    bench.ground.clear(spot).await?;
    Ok(sample)
}

/// The same, and the processor time an event of putting it all under a checkpoint.
async fn ours_signed(bench: &Bench, kind: Kind, load: Load) -> Result<(Sample, f64), Failure> {
    let spot = bench.ground.spot(kind).await?;
    let ours = Ours::open(&spot).await?;
    let sample = ours.append(load).await?;
    let checkpoint = ours.checkpoint().await?;
    ours.close().await;
    bench.ground.clear(spot).await?;
    Ok((sample, checkpoint))
}

async fn theirs(bench: &Bench, kind: Kind, job: &str) -> Result<Sample, Failure> {
    let spot = bench.ground.spot(kind).await?;
    let sample = stock(&spot, job).await?;
    bench.ground.clear(spot).await?;
    Ok(sample)
}

/// Commands of one event.
async fn single(
    bench: &Bench,
    kind: Kind,
    callers: u32,
    commands: u64,
    (floor, look_up): (Bound, bool),
) -> Result<Vec<Outcome>, Failure> {
    let way = if look_up { "/looked-up" } else { "" };
    let rate = format!("append/{}/{callers}{way}", kind.word());
    let (cpu, p99) = (format!("{rate}/cpu"), format!("{rate}/p99"));
    if !bench.wanted(&[&rate, &cpu, &p99]) {
        return Ok(Vec::new());
    }
    let stock_callers = stock_callers(kind, callers);
    let (mut rates, mut cpus, mut p99s) = (vec![], vec![], vec![]);
    for _ in 0..bench.rounds {
        let commands_of_ours = bench.size(commands);
        let load = Load { callers, events_per_command: 1, commands: commands_of_ours, look_up };
        let ours = ours(bench, kind, load).await?;
        // Fewer commands: it is that much slower, and its rate does not depend on it.
        let commands = bench.size(commands.min(u64::from(stock_callers) * 100));
        let load = Load { callers: stock_callers, events_per_command: 1, commands, look_up };
        let theirs = theirs(bench, kind, &load.job()).await?;
        rates.push((ours.rate(), theirs.rate()));
        cpus.push((ours.cpu_us_per_event, theirs.cpu_us_per_event));
        p99s.push((ours.p99()?, theirs.p99()?));
    }
    let note = format!("stock {}-es at {stock_callers} callers", kind.word());
    let mut outcomes = vec![outcome(rate, "ev/s", floor, &rates, &note)];
    // The kernel counts in hundredths of a second: a quick run may be too short to be seen.
    if cpus.iter().all(|(ours, theirs)| *ours > 0.0 && *theirs > 0.0) {
        outcomes.push(outcome(cpu, "us/ev", Bound::None, &cpus, &note));
    }
    if callers == 16 {
        outcomes.push(outcome(p99, "ms", Bound::AtMost(0.25), &p99s, &note));
    }
    Ok(outcomes)
}

/// Commands of 100 events by eight callers.
async fn bulk(bench: &Bench, kind: Kind) -> Result<Vec<Outcome>, Failure> {
    let name = |against: &str| format!("bulk/{}/{against}", kind.word());
    let (stock, raw_name, cost) = (name("stock"), name("raw"), name("sealing-tree-checkpoint"));
    if !bench.wanted(&[&stock, &raw_name, &cost]) {
        return Ok(Vec::new());
    }
    let (mut stocks, mut raws, mut costs) = (vec![], vec![], vec![]);
    let (mut sealing, mut tree, mut checkpoints) = (vec![], vec![], vec![]);
    let mut bytes = 0;
    for _ in 0..bench.rounds {
        let commands = bench.size(600);
        let load = Load { callers: 8, events_per_command: 100, commands, look_up: false };
        let (ours, checkpoint) = ours_signed(bench, kind, load).await?;
        let (made, raw) = limit(bench, kind, commands * 100).await?;
        let load = Load { commands: bench.size(80), ..load };
        let theirs = theirs(bench, kind, &load.job()).await?;
        stocks.push((ours.rate(), theirs.rate()));
        raws.push((ours.rate(), raw.rate()));
        costs.push((made.sealing_us + made.tree_us + checkpoint, ours.cpu_us_per_event));
        checkpoints.push(checkpoint);
        sealing.push(made.sealing_us);
        tree.push(made.tree_us);
        bytes = made.payload_bytes;
    }
    let (floor, way) = match kind {
        Kind::Sqlite => (0.6, "rusqlite, 1,000 rows a transaction"),
        Kind::Postgres => (0.45, "COPY binary, 10,000 rows a time"),
    };
    let stock_note = format!("stock {}-es, 8 callers of 100 events", kind.word());
    let raw_note = format!("{way}, same table and indexes, rows made before");
    let [sealing, tree, checkpoint] = [&sealing, &tree, &checkpoints].map(|each| median(each));
    let cost_note = format!(
        "sealing {sealing:.2} us, tree {tree:.2} us and checkpoint {checkpoint:.2} us of processor \
         time an event (payload {bytes} bytes), of all that an event of the bulk append took"
    );
    Ok(vec![
        outcome(stock, "ev/s", Bound::None, &stocks, &stock_note),
        outcome(raw_name, "ev/s", Bound::AtLeast(floor), &raws, &raw_note),
        outcome(cost, "us/ev", Bound::AtMost(0.15), &costs, &cost_note),
    ])
}

/// The raw limit over rows of the ledger's own making.
async fn limit(bench: &Bench, kind: Kind, events: u64) -> Result<(raw::Rows, Sample), Failure> {
    let keys: Spot = bench.ground.spot(Kind::Sqlite).await?;
    let ours = Ours::open(&keys).await?;
    let made = raw::rows(&ours, events).await?;
    ours.close().await;
    bench.ground.clear(keys).await?;
    let spot = bench.ground.spot(kind).await?;
    let sample = match kind {
        Kind::Sqlite => raw::sqlite(&spot, made.rows.clone()).await?,
        Kind::Postgres => raw::postgres(&spot, made.rows.clone()).await?,
    };
    bench.ground.clear(spot).await?;
    Ok((made, sample))
}

/// Commands of one event on a stream of 5,000.
async fn command(bench: &Bench, kind: Kind) -> Result<Vec<Outcome>, Failure> {
    let name = format!("command/{}/{LONG}", kind.word());
    if !bench.wanted(&[&name]) {
        return Ok(Vec::new());
    }
    let mut rounds = Vec::new();
    for _ in 0..bench.rounds {
        let spot = bench.ground.spot(kind).await?;
        let ours = Ours::open(&spot).await?;
        let sample = ours.command(LONG, bench.size(60)).await?;
        ours.close().await;
        bench.ground.clear(spot).await?;
        let commands = bench.size(60);
        let job = format!("command --length {LONG} --commands {commands}");
        let theirs = theirs(bench, kind, &job).await?;
        rounds.push((1e3 / sample.p50()?, 1e3 / theirs.p50()?));
    }
    let note = format!(
        "stock {}-es, median of one caller; ours without anything in memory, from the snapshot",
        kind.word()
    );
    Ok(vec![outcome(name, "cmd/s", Bound::AtLeast(10.0), &rounds, &note)])
}
