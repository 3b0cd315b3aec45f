use std::os::unix::fs::MetadataExt;

use super::*;
use crate::audit::checkpoint::{Checkpoint, Origin, SigningKey};

fn tenant() -> TenantId {
    TenantId::parse("acme").unwrap()
}

/// Checkpoints over 1, 2, ... records.
fn checkpoints(count: usize) -> Vec<KeptCheckpoint> {
    let key = SigningKey::from_seed(&[7; 32]).unwrap();
    let mut base = Base::genesis(&tenant());
    let next = |_| {
        base.follow(base.head.append(b"{}").hash);
        let (size, root) = (base.frontier.size(), base.frontier.root());
        let signed = key.sign(Checkpoint { origin: Origin::default(), tenant: tenant(), size, root, time_s: 1 });
        KeptCheckpoint { base: base.clone(), signed }
    };
    (0..count).map(next).collect()
}

fn folder() -> (tempfile::TempDir, CheckpointFolder) {
    let home = tempfile::tempdir().unwrap();
    let folder = CheckpointFolder::below(home.path());
    (home, folder)
}

#[test]
fn a_line_is_kept_for_its_owner_alone_and_read_back() {
    let (_home, folder) = folder();
    assert!(folder.last(&tenant()).unwrap().is_none());
    let all = checkpoints(5);
    for (at, kept) in all.iter().enumerate() {
        let mut file = folder.open(&tenant()).unwrap();
        assert_eq!(file.last().unwrap().as_ref(), at.checked_sub(1).map(|before| &all[before]));
        file.append(kept).unwrap();
    }
    let metadata = std::fs::metadata(folder.file(&tenant())).unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o600);
    assert_eq!(folder.last(&tenant()).unwrap().as_ref(), all.last());
    let first = folder.read(&tenant(), 0, 2).unwrap();
    let rest = folder.read(&tenant(), first[1].1, 100).unwrap();
    assert_eq!(rest[2].1, metadata.len());
    assert_eq!(first.into_iter().chain(rest).map(|(kept, _)| kept).collect::<Vec<_>>(), all);
    assert!(folder.read(&tenant(), metadata.len(), 1).unwrap().is_empty());
}

/// A crash may leave any beginning of the line that was being written.
#[test]
fn a_torn_last_line_is_never_trusted_and_goes_with_the_next_checkpoint() {
    let (_home, folder) = folder();
    let [one, two] = &checkpoints(2)[..] else { panic!("two") };
    folder.open(&tenant()).unwrap().append(one).unwrap();
    let path = folder.file(&tenant());
    let (whole, torn) = (std::fs::read(&path).unwrap(), two.line().unwrap());
    for length in 1..torn.len() {
        std::fs::write(&path, [&whole[..], &torn.as_bytes()[..length]].concat()).unwrap();
        assert_eq!(folder.last(&tenant()).unwrap().as_ref(), Some(one), "{length}");
        assert_eq!(folder.read(&tenant(), 0, 9).unwrap(), [(one.clone(), whole.len() as u64)]);
    }
    let mut file = folder.open(&tenant()).unwrap();
    assert_eq!(file.last().unwrap().as_ref(), Some(one));
    file.append(two).unwrap();
    drop(file);
    let both = folder.read(&tenant(), 0, 9).unwrap();
    assert_eq!((both.len(), &both[0].0, &both[1].0), (2, one, two));
    // Torn before there was any whole one.
    std::fs::write(&path, &torn[..torn.len() / 2]).unwrap();
    assert!(folder.last(&tenant()).unwrap().is_none());
}

#[test]
fn a_last_line_that_was_changed_is_no_torn_one() {
    let (_home, folder) = folder();
    let kept = &checkpoints(3)[2];
    let line = kept.line().unwrap();
    assert_eq!(KeptCheckpoint::parse(&line).as_ref(), Some(kept));
    let hash = kept.base.frontier.nodes()[0].to_string();
    let other = kept.base.frontier.nodes()[1].to_string();
    let changes =
        [("\"size\":3", "\"size\":4"), (hash.as_str(), other.as_str()), ("\"frontier\"", "\"front\""), ("}", "")];
    for (from, to) in changes {
        std::fs::create_dir_all(folder.file(&tenant()).parent().unwrap()).unwrap();
        std::fs::write(folder.file(&tenant()), line.replacen(from, to, 1)).unwrap();
        assert!(matches!(folder.last(&tenant()), Err(FileProblem::Damaged(_))), "{from} {to}");
    }
}

#[test]
fn a_second_process_waits_for_the_file() {
    let (_home, folder) = folder();
    let all = checkpoints(2);
    let mut first = folder.open(&tenant()).unwrap();
    let second = std::thread::spawn({
        let folder = folder.clone();
        move || folder.open(&tenant()).unwrap().last().unwrap()
    });
    first.append(&all[0]).unwrap();
    first.append(&all[1]).unwrap();
    drop(first);
    assert_eq!(second.join().unwrap().as_ref(), Some(&all[1]));
}
