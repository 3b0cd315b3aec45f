//! Where a walk along a chain begins, and how far it has come.

use super::chain::{Hash, Head, Seq};
use super::merkle::Frontier;
use crate::tenant::TenantId;

/// A place in a chain with all that is needed to go on from it: the link that
/// the next record must have, and the tree over the records before. A chain
/// whose beginning was cut off is walked from the place of the cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Base {
    /// The last record before what follows.
    pub head: Head,
    /// The tree over the records up to and with the head.
    pub frontier: Frontier,
}

impl Base {
    /// Before the first record of `tenant`.
    pub fn genesis(tenant: &TenantId) -> Base {
        Base { head: Head::genesis(tenant), frontier: Frontier::empty() }
    }

    /// The place of `head` with its tree; `None` when the tree is one over
    /// another number of records.
    pub fn new(head: Head, frontier: Frontier) -> Option<Base> {
        (head.seq.value().unsigned_abs() == frontier.size()).then_some(Base { head, frontier })
    }

    /// Goes one record on. Whoever calls has checked its link.
    pub fn follow(&mut self, record: Hash) {
        self.head = Head { seq: self.head.seq.next(), hash: record };
        self.frontier.push(record);
    }

    /// The place of the head.
    pub fn seq(&self) -> Seq {
        self.head.seq
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_takes_only_a_tree_over_its_own_records() {
        let tenant = TenantId::parse("acme").unwrap();
        let mut base = Base::genesis(&tenant);
        assert_eq!(Base::new(base.head, Frontier::empty()), Some(base.clone()));
        base.follow(base.head.append(b"{}").hash);
        assert_eq!((base.seq().value(), base.frontier.size()), (1, 1));
        assert_eq!(Base::new(base.head, Frontier::empty()), None);
    }
}
