-- The log only grows. Row triggers do not fire on TRUNCATE, so it has a
-- statement trigger of its own.
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log only grows: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_record_is_not_changed BEFORE UPDATE OR DELETE ON audit_record
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_record_is_not_emptied BEFORE TRUNCATE ON audit_record
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- A head only moves forward, by an append.
CREATE TRIGGER audit_head_is_not_moved_back BEFORE UPDATE ON audit_head
    FOR EACH ROW WHEN (NEW.tenant <> OLD.tenant OR NEW.seq <= OLD.seq) EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_is_not_removed BEFORE DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_is_not_emptied BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
