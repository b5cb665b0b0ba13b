//! Writes a bundle to measure with: `bundle DIR COUNT PAYLOAD_BYTES`. Its policy stands beside it, in
//! `DIR.policy`. The key is made from a fixed seed and good for nothing else.

use std::error::Error;
use std::path::Path;

use transparency::bundle::BundleWriter;
use transparency::checkpoint::{Checkpoint, SigningKey};
use transparency::record::Record;
use transparency::tree::Frontier;

const ORIGIN: &str = "example.invalid/measure";

/// Records between two checkpoints, as long as that makes fewer than the bundle may hold.
const RECORDS_A_CHECKPOINT: u64 = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, count, payload_bytes] = arguments.as_slice() else {
        return Err("usage: bundle DIR COUNT PAYLOAD_BYTES".into());
    };
    let (count, payload_bytes): (u64, usize) = (count.parse()?, payload_bytes.parse()?);
    let key = SigningKey::from_seed(ORIGIN, &[7; 32])?;
    let folder = Path::new(folder);
    let mut writer = BundleWriter::create_whole(folder, ORIGIN)?;
    writer.key(&key.verifier_key())?;
    let mut tree = Frontier::default();
    let step = RECORDS_A_CHECKPOINT.max(count / 5_000);
    let mut payload = vec![0; payload_bytes];
    let streams = (count / 10).max(1);
    for position in 1..=count {
        fill(&mut payload, position);
        let mut event_id = [0; 16];
        fill(&mut event_id, position ^ (1 << 63));
        let record = Record {
            position,
            stream: &format!("account-{:016x}", (position - 1) % streams),
            version: (position - 1) / streams + 1,
            event_id,
            event_type: "transaction.booked",
            schema_version: 1,
            recorded_at: 1_767_225_600_000_000 + i64::try_from(position)? * 1_000,
            metadata: b"{}",
            key_id: [9; 16],
            payload: &payload,
        };
        tree.push(writer.push(&record)?);
        if position % step == 0 || position == count {
            let origin = ORIGIN.to_owned();
            let checkpoint = Checkpoint { origin, size: tree.size(), root: tree.root() };
            writer.checkpoint(&key.sign(&checkpoint))?;
        }
    }
    writer.finish()?;
    let mut policy = folder.as_os_str().to_owned();
    policy.push(".policy");
    std::fs::write(policy, format!("log {}\nquorum none\n", key.verifier_key()))?;
    Ok(())
}

/// Bytes that look random, the same every time (splitmix64).
fn fill(bytes: &mut [u8], seed: u64) {
    let mut state = seed;
    for chunk in bytes.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
    }
}
