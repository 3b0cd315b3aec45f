//! Everything against the recursive definition of RFC 6962, section 2.1.

use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;

/// `MTH`.
fn root(leaves: &[Hash]) -> Hash {
    match leaves.len() {
        0 => Hash::sha256(&[]),
        1 => leaves[0],
        n => {
            let k = n.next_power_of_two() / 2;
            node(root(&leaves[..k]), root(&leaves[k..]))
        }
    }
}

/// `PATH`.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    let (mut inner, other) =
        if index < k { (path(index, left), root(right)) } else { (path(index - k, right), root(left)) };
    inner.push(other);
    inner
}

/// `SUBPROOF`.
fn subproof(from: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if from == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    let (mut inner, other) = if from <= k {
        (subproof(from, left, whole), root(right))
    } else {
        (subproof(from - k, right, false), root(left))
    };
    inner.push(other);
    inner
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|i| leaf_of(&i.to_be_bytes())).collect()
}

fn frontier(leaves: &[Hash]) -> Frontier {
    let mut frontier = Frontier::empty();
    leaves.iter().for_each(|leaf| frontier.push_leaf(*leaf, |_, _| {}));
    frontier
}

/// A builder that has seen all `leaves` behind the first `cut` ones.
fn builder(leaves: &[Hash], cut: usize, ask: impl FnOnce(&mut ProofBuilder)) -> ProofBuilder {
    let mut builder = ProofBuilder::new(frontier(&leaves[..cut]), leaves.len() as u64).unwrap();
    ask(&mut builder);
    leaves[cut..].iter().for_each(|leaf| builder.push_leaf(*leaf));
    builder
}

/// The leaves and roots of the reference tree that implementations of
/// Certificate Transparency are tested with.
#[test]
fn the_roots_are_those_of_certificate_transparency() {
    const TREE: [(&str, &str); 8] = [
        ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ];
    let mut tree = Frontier::empty();
    assert_eq!(tree.root().to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (data, expected) in TREE {
        tree.push_leaf(leaf_of(&HEXLOWER.decode(data.as_bytes()).unwrap()), |_, _| {});
        assert_eq!(tree.root().to_string(), expected, "{}", tree.size());
    }
}

#[test]
fn a_leaf_is_the_record_s_hash_behind_a_zero_byte() {
    let record = Hash::sha256(&[b"record"]);
    let mut tree = Frontier::empty();
    tree.push(record);
    assert_eq!(tree.root(), Hash::sha256(&[&[0], record.as_bytes()]));
    assert_eq!(leaf(record), tree.root());
}

#[test]
fn a_frontier_has_the_root_of_the_definition_and_survives_being_kept() {
    for size in 0..=70 {
        let leaves = leaves(size);
        let tree = frontier(&leaves);
        assert_eq!((tree.size(), tree.root()), (size, root(&leaves)));
        assert_eq!(Frontier::from_bytes(size, &tree.to_bytes()), Some(tree.clone()));
    }
}

#[test]
fn a_frontier_of_the_wrong_form_is_refused() {
    let two = frontier(&leaves(3));
    assert_eq!(Frontier::from_bytes(3, &two.to_bytes()[..63]), None);
    assert_eq!(Frontier::from_bytes(4, &two.to_bytes()), None);
    assert_eq!(Frontier::from_parts(SIZE_MAX + 1, two.nodes()[..1].to_vec()), None);
    let mut largest = Frontier::from_parts(SIZE_MAX, vec![two.root(); 63]).unwrap();
    largest.push(two.root());
    assert_eq!(largest.nodes().len(), 1);
}

#[test]
fn inclusion_proofs_are_those_of_the_definition_from_every_cut() {
    for size in 1..=70 {
        let leaves = leaves(size);
        for cut in [0, size / 3, size / 2, size - 1].map(|cut| cut as usize) {
            let asked = cut as u64..size;
            let built = builder(&leaves, cut, |b| asked.clone().for_each(|index| assert!(b.want_inclusion(index))));
            for index in asked {
                let proof = built.inclusion(index).unwrap();
                assert_eq!(proof.path, path(index as usize, &leaves), "{index} of {size} from {cut}");
                assert!(proof.verify_leaf(leaves[index as usize], root(&leaves)));
            }
        }
    }
}

#[test]
fn consistency_proofs_are_those_of_the_definition_from_every_cut() {
    for size in 1..=70_u64 {
        let leaves = leaves(size);
        for cut in 0..=size {
            let built = builder(&leaves, cut as usize, |b| {
                (cut..=size).for_each(|from| assert!(b.want_consistency(from)));
            });
            for from in cut.max(1)..=size {
                let proof = built.consistency(from).unwrap();
                assert_eq!(proof.path, subproof(from as usize, &leaves, true), "{from} to {size} from {cut}");
                assert!(proof.verify(root(&leaves[..from as usize]), root(&leaves)));
            }
        }
    }
}

#[test]
fn what_lies_before_the_base_or_behind_the_tree_cannot_be_proved() {
    let leaves = leaves(10);
    let mut cut = ProofBuilder::new(frontier(&leaves[..4]), 10).unwrap();
    assert!(!cut.want_inclusion(3) && cut.want_inclusion(4) && !cut.want_inclusion(10));
    assert!(!cut.want_consistency(3) && cut.want_consistency(4) && !cut.want_consistency(11));
    assert!(cut.inclusion(4).is_none(), "the tree is not whole yet");
    assert!(ProofBuilder::new(frontier(&leaves), 9).is_none());
}

#[test]
fn every_tree_begins_with_the_empty_one_and_with_itself() {
    let leaves = leaves(5);
    let built = builder(&leaves, 0, |b| assert!(b.want_consistency(0) && b.want_consistency(5)));
    assert!(built.consistency(0).unwrap().verify(root(&[]), root(&leaves)));
    assert!(!built.consistency(0).unwrap().verify(root(&leaves[..1]), root(&leaves)));
    assert!(built.consistency(5).unwrap().verify(root(&leaves), root(&leaves)));
    assert!(!built.consistency(5).unwrap().verify(root(&leaves[..4]), root(&leaves)));
}

proptest! {
    #[test]
    fn no_other_record_place_size_or_path_passes(size in 1..300_u64, at in any::<u64>(), other in any::<u64>(),
                                                 step in any::<prop::sample::Index>()) {
        let (leaves, index) = (leaves(size), at % size);
        let built = builder(&leaves, 0, |b| assert!(b.want_inclusion(index)));
        let (proof, tree) = (built.inclusion(index).unwrap(), root(&leaves));
        let leaf = leaves[index as usize];
        prop_assert!(proof.verify_leaf(leaf, tree));
        if other != index {
            let elsewhere = InclusionProof { index: other, ..proof.clone() };
            prop_assert!(!elsewhere.verify_leaf(leaf, tree));
            prop_assert!(!proof.verify_leaf(leaves[(other % size) as usize], tree) || other % size == index);
        }
        let longer = InclusionProof { path: [&proof.path[..], &[tree]].concat(), ..proof.clone() };
        prop_assert!(!longer.verify_leaf(leaf, tree));
        if !proof.path.is_empty() {
            let mut bent = proof.clone();
            bent.path[step.index(proof.path.len())] = tree;
            prop_assert!(!bent.verify_leaf(leaf, tree));
            bent.path.pop();
            prop_assert!(!bent.verify_leaf(leaf, tree));
        }
    }

    #[test]
    fn no_rewritten_or_shortened_tree_is_consistent(size in 2..300_u64, at in any::<u64>(), changed in any::<u64>(),
                                                    step in any::<prop::sample::Index>()) {
        let (leaves, from) = (leaves(size), 1 + at % (size - 1));
        let built = builder(&leaves, 0, |b| assert!(b.want_consistency(from)));
        let proof = built.consistency(from).unwrap();
        let (old, new) = (root(&leaves[..from as usize]), root(&leaves));
        prop_assert!(proof.verify(old, new));
        let mut rewritten = leaves.clone();
        rewritten[(changed % from) as usize] = new;
        let forged = builder(&rewritten, 0, |b| assert!(b.want_consistency(from))).consistency(from).unwrap();
        prop_assert!(!forged.verify(old, root(&rewritten)));
        prop_assert!(!proof.verify(old, root(&rewritten)));
        let mut bent = proof.clone();
        bent.path[step.index(proof.path.len())] = root(&[]);
        prop_assert!(!bent.verify(old, new));
        let backwards = ConsistencyProof { from: size, to: from, ..proof };
        prop_assert!(!backwards.verify(new, old));
    }

    /// Proofs come from archives of strangers.
    #[test]
    fn no_proof_makes_the_check_panic(index in any::<u64>(), size in any::<u64>(), nodes in 0..70_usize) {
        let hash = root(&[]);
        let path = vec![hash; nodes];
        let inclusion = InclusionProof { index, size, path: path.clone() };
        prop_assert!(!inclusion.verify(hash, hash));
        let consistency = ConsistencyProof { from: index, to: size, path };
        let trivial = nodes == 0 && (index == 0 || index == size);
        prop_assert_eq!(consistency.verify(hash, hash), trivial);
    }
}
