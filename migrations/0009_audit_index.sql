-- The search index over the records: which records of a block (65,536 places of
-- a chain) a term fits. It is derived from the records, is never what a chain is
-- verified against, and can be emptied and made again (`cordon audit reindex`).

-- `term` is a field and its value, such as `label:PERSON`, and `places` a Roaring
-- bitmap (the portable format) of the places within the block; or `#` and two hex
-- digits, and `places` are sorted 32-bit numbers (little-endian): 16 more bits of
-- the hash of an id, then 16 bits of the place.
CREATE TABLE audit_index (
    tenant text NOT NULL,
    term   text COLLATE "C" NOT NULL,
    block  bigint NOT NULL,
    places bytea NOT NULL,

    PRIMARY KEY (tenant, term, block),

    CONSTRAINT "a block is a place divided by 65,536"
        CHECK (block >= 0),
    CONSTRAINT "a term is a field and a value, or the bucket of an id"
        CHECK (term ~ '^([a-z_]+:|#[0-9a-f]{2}$)')
);
-- Bitmaps are dense already: compressing them again costs time and gains nothing.
ALTER TABLE audit_index ALTER COLUMN places SET STORAGE EXTERNAL;
-- The rows of the last block are written again and again.
ALTER TABLE audit_index SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- The earliest and the latest event time in a block, and in each 1,024 places of
-- it; a part without a record has the largest number as its earliest.
CREATE TABLE audit_index_block (
    tenant      text NOT NULL,
    block       bigint NOT NULL,
    min_us      bigint NOT NULL,
    max_us      bigint NOT NULL,
    part_min_us bigint[] NOT NULL,
    part_max_us bigint[] NOT NULL,

    PRIMARY KEY (tenant, block),

    CONSTRAINT "a block has 64 parts of 1,024 places"
        CHECK (cardinality(part_min_us) = 64 AND cardinality(part_max_us) = 64),
    CONSTRAINT "a block's earliest record is not after its latest"
        CHECK (min_us <= max_us)
);

-- How far a chain is indexed, and by which version of the terms.
CREATE TABLE audit_index_head (
    tenant  text PRIMARY KEY,
    seq     bigint NOT NULL,
    version integer NOT NULL,

    CONSTRAINT "a chain is indexed up to record 0 (none yet) or later"
        CHECK (seq >= 0)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON audit_index, audit_index_block, audit_index_head TO cordon_app;
