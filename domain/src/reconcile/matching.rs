//! The joining of both sides that fits best as a whole.

use std::collections::HashMap;

use super::graph::{Class, Edge};

/// Most members on one side of a cluster that is solved exactly; beyond, the best pairs come first.
const MOST_EXACT: usize = 40;
/// Scores below this add nothing to a joining.
const NOTHING: i64 = 400;

/// How many members each edge joins.
pub(super) fn best(
    known: &[Class<'_>],
    rows: &[Class<'_>],
    edges: &[Edge],
    scores: &[u32],
) -> Vec<usize> {
    let mut joined = vec![0; edges.len()];
    for cluster in clusters(known.len(), rows.len(), edges) {
        let sides = |of: fn(&Edge) -> usize| {
            let mut classes: Vec<_> = cluster.iter().map(|at| of(&edges[*at])).collect();
            classes.sort_unstable();
            classes.dedup();
            classes
        };
        let (known_side, row_side) = (sides(|edge| edge.known), sides(|edge| edge.row));
        let count = |side: &[usize], classes: &[Class<'_>]| -> usize {
            side.iter().map(|class| classes[*class].members.len()).sum()
        };
        let small = count(&known_side, known).max(count(&row_side, rows)) <= MOST_EXACT;
        if small && cluster.len() > 1 {
            exact(known, rows, edges, scores, &cluster, &mut joined);
        } else {
            greedy(known, rows, edges, scores, &cluster, &mut joined);
        }
    }
    joined
}

/// Edges that hang together.
fn clusters(known: usize, rows: usize, edges: &[Edge]) -> Vec<Vec<usize>> {
    let mut parent: Vec<usize> = (0..known + rows).collect();
    fn root(parent: &mut [usize], mut node: usize) -> usize {
        while parent[node] != node {
            parent[node] = parent[parent[node]];
            node = parent[node];
        }
        node
    }
    for edge in edges {
        let (one, other) = (root(&mut parent, edge.known), root(&mut parent, known + edge.row));
        parent[one.max(other)] = one.min(other);
    }
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    for (at, edge) in edges.iter().enumerate() {
        let place = *places.entry(root(&mut parent, edge.known)).or_insert_with(|| {
            clusters.push(Vec::new());
            clusters.len() - 1
        });
        clusters[place].push(at);
    }
    clusters
}

fn greedy(
    known: &[Class<'_>],
    rows: &[Class<'_>],
    edges: &[Edge],
    scores: &[u32],
    cluster: &[usize],
    joined: &mut [usize],
) {
    let mut order = cluster.to_vec();
    // Ties go to the earlier pair: classes are ordered by day.
    order.sort_by_key(|at| (std::cmp::Reverse(scores[*at]), edges[*at].known, edges[*at].row));
    let (mut known_used, mut rows_used) = (HashMap::new(), HashMap::new());
    for at in order {
        let edge = &edges[at];
        let known_used: &mut usize = known_used.entry(edge.known).or_default();
        let rows_used: &mut usize = rows_used.entry(edge.row).or_default();
        let count = (known[edge.known].members.len() - *known_used)
            .min(rows[edge.row].members.len() - *rows_used);
        *known_used += count;
        *rows_used += count;
        joined[at] = count;
    }
}

/// Every member a node of its own, and the assignment of the greatest worth.
fn exact(
    known: &[Class<'_>],
    rows: &[Class<'_>],
    edges: &[Edge],
    scores: &[u32],
    cluster: &[usize],
    joined: &mut [usize],
) {
    let spread = |of: fn(&Edge) -> usize, classes: &[Class<'_>]| {
        let mut side: Vec<_> = cluster.iter().map(|at| of(&edges[*at])).collect();
        side.sort_unstable();
        side.dedup();
        let copies = |class: usize| std::iter::repeat_n(class, classes[class].members.len());
        side.into_iter().flat_map(copies).collect::<Vec<_>>()
    };
    let known_side = spread(|edge| edge.known, known);
    let row_side = spread(|edge| edge.row, rows);
    let by_ends: HashMap<_, _> =
        cluster.iter().map(|at| ((edges[*at].known, edges[*at].row), *at)).collect();
    // A strong pair must not give way to two weak ones, so worth grows faster than the score.
    let worth = |known: usize, row: usize| {
        by_ends.get(&(known_side[known], row_side[row])).map_or(0, |at| {
            let above = (i64::from(scores[*at]) - NOTHING).max(1);
            above * above
        })
    };
    let size = known_side.len().max(row_side.len());
    let cost = |known: usize, row: usize| {
        if known < known_side.len() && row < row_side.len() { -worth(known, row) } else { 0 }
    };
    for (known, row) in assignment(size, cost) {
        if known < known_side.len()
            && row < row_side.len()
            && let Some(at) = by_ends.get(&(known_side[known], row_side[row]))
        {
            joined[*at] += 1;
        }
    }
}

/// The cheapest assignment of a square of costs (the Hungarian method with potentials; cubic).
fn assignment(size: usize, cost: impl Fn(usize, usize) -> i64) -> Vec<(usize, usize)> {
    let mut row_potential = vec![0_i64; size + 1];
    let mut column_potential = vec![0_i64; size + 1];
    let mut row_of = vec![0_usize; size + 1];
    let mut came_from = vec![0_usize; size + 1];
    for row in 1..=size {
        row_of[0] = row;
        let mut column = 0;
        let mut least = vec![i64::MAX; size + 1];
        let mut used = vec![false; size + 1];
        loop {
            used[column] = true;
            let current = row_of[column];
            let (mut delta, mut next) = (i64::MAX, 0);
            for other in (1..=size).filter(|other| !used[*other]) {
                let reduced =
                    cost(current - 1, other - 1) - row_potential[current] - column_potential[other];
                if reduced < least[other] {
                    least[other] = reduced;
                    came_from[other] = column;
                }
                if least[other] < delta {
                    delta = least[other];
                    next = other;
                }
            }
            for other in 0..=size {
                if used[other] {
                    row_potential[row_of[other]] += delta;
                    column_potential[other] -= delta;
                } else if least[other] < i64::MAX {
                    least[other] -= delta;
                }
            }
            column = next;
            if row_of[column] == 0 {
                break;
            }
        }
        while column != 0 {
            let before = came_from[column];
            row_of[column] = row_of[before];
            column = before;
        }
    }
    (1..=size).map(|column| (row_of[column] - 1, column - 1)).collect()
}
