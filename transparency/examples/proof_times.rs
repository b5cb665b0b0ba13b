//! Measures proofs over a tree of `COUNT` leaves, made from tiles as the service stores them:
//! `proof_times COUNT`. Prints one JSON object; times in microseconds.

use std::collections::HashMap;
use std::error::Error;
use std::time::{Duration, Instant};

use transparency::checkpoint::{Checkpoint, SigningKey, open_note};
use transparency::policy::Policy;
use transparency::proof::{Node, consistency, inclusion, verify_consistency};
use transparency::tile::{Tile, hash_in_tile, root_of_full};
use transparency::tlog_proof::TlogProof;
use transparency::tree::{Frontier, Hash, leaf_hash, node_hash};
use transparency::verify::{Subject, Verdict, verify_receipt};

const ORIGIN: &str = "example.invalid/measure";
const PROOFS: u64 = 10_000;

#[derive(Default)]
struct Tiles(HashMap<Tile, Vec<Hash>>);

impl Tiles {
    fn push(&mut self, index: u64, leaf: Hash) {
        let (mut tile, mut hash) = (Tile::of(Node { level: 0, index }).0, leaf);
        loop {
            let hashes = self.0.entry(tile).or_default();
            hashes.push(hash);
            let Some(root) = root_of_full(hashes) else { return };
            (tile, hash) = (tile.above().0, root);
        }
    }

    fn hash(&self, node: Node) -> Result<Hash, String> {
        let hashes = self.0.get(&Tile::of(node).0);
        hashes
            .and_then(|hashes| hash_in_tile(hashes, node))
            .ok_or(format!("{node:?} is not stored"))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let count: u64 = std::env::args().nth(1).ok_or("usage: proof_times COUNT")?.parse()?;
    let key = SigningKey::from_seed(ORIGIN, &[7; 32])?;
    let policy = Policy::parse(&format!("log {}\nquorum none\n", key.verifier_key()))?;
    let begin = Instant::now();
    let mut tree = Frontier::default();
    for index in 0..count {
        tree.push(leaf_hash(&index.to_be_bytes()));
    }
    let whole = begin.elapsed();
    let (mut tiles, mut tree) = (Tiles::default(), Frontier::default());
    let mut middle = Frontier::default();
    for index in 0..count {
        let leaf = leaf_hash(&index.to_be_bytes());
        tiles.push(index, leaf);
        tree.push(leaf);
        if index == count / 3 {
            middle = tree.clone();
        }
    }
    let origin = ORIGIN.to_owned();
    let note = key.sign(&Checkpoint { origin, size: count, root: tree.root() });
    let (mut make, mut check, mut longest) = (Vec::new(), Vec::new(), 0);
    let mut bare = Vec::new();
    let keys = [key.verifier_key()];
    let height = count.next_power_of_two().trailing_zeros();
    for number in 0..PROOFS {
        let index = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % count;
        let begin = Instant::now();
        let path = inclusion(index, count)?.assemble(|node| tiles.hash(node))?;
        let proof = TlogProof { extra: None, index, path, checkpoint: note.clone() }.to_string();
        make.push(begin.elapsed());
        longest = longest.max(proof.len());
        let begin = Instant::now();
        let report =
            verify_receipt(&proof, Subject::Leaf(leaf_hash(&index.to_be_bytes())), &policy);
        check.push(begin.elapsed());
        let begin = Instant::now();
        let leaf = leaf_hash(&index.to_be_bytes());
        std::hint::black_box((0..height).fold(leaf, |left, _| node_hash(&left, &leaf)));
        open_note(&note, &keys)?;
        bare.push(begin.elapsed());
        if report.verdict != Verdict::Proven {
            return Err(report.summary.into());
        }
    }
    let begin = Instant::now();
    let path = consistency(middle.size(), count)?.assemble(|node| tiles.hash(node))?;
    verify_consistency(middle.size(), &middle.root(), count, &tree.root(), &path)?;
    let both = begin.elapsed();
    println!(
        "{{\"leaves\":{count},\"proofs\":{PROOFS},\"longest_bytes\":{longest},\
         \"make_p50\":{},\"make_p99\":{},\"verify_p50\":{},\"verify_p99\":{},\"raw_verify_p50\":{},\"tree\":{},\"consistency\":{}}}",
        percentile(&mut make, 50),
        percentile(&mut make, 99),
        percentile(&mut check, 50),
        percentile(&mut check, 99),
        percentile(&mut bare, 50),
        whole.as_micros(),
        both.as_micros()
    );
    Ok(())
}

/// In microseconds.
fn percentile(times: &mut [Duration], percent: usize) -> u128 {
    times.sort_unstable();
    times.get(times.len() * percent / 100).map_or(0, Duration::as_micros)
}
