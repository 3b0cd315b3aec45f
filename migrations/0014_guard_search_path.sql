-- The guards' functions find tables and each other where they were made, whatever
-- a session's search path says: a schema in front of it must not stand in for one.
DO $$
DECLARE
    guard regprocedure;
BEGIN
    FOR guard IN
        SELECT p.oid::regprocedure
        FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
        WHERE p.pronamespace = current_schema()::regnamespace AND l.lanname = 'plpgsql'
            AND p.proname LIKE 'audit\_%' AND p.proowner = current_user::regrole
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', guard, current_schema());
    END LOOP;
END
$$;
