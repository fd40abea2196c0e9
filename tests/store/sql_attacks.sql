-- Statements that try to get at what is not theirs. Each is refused, or sees its own project's rows only
-- (test_sql_attacks.py). OTHER is another project's id, DATABASE the name of the storage's database. One statement
-- a paragraph; lines that begin with -- are comments, `-- name` of the group.

-- other projects' rows by name
SELECT * FROM spans WHERE project_id = 'OTHER'

SELECT project_id FROM spans

SELECT * FROM DATABASE.spans

SELECT * FROM DATABASE.spans WHERE project_id = 'OTHER'

SELECT * FROM `DATABASE`.`spans`

SELECT * FROM "DATABASE"."spans"

SELECT * FROM DATABASE.traces FINAL

SELECT * FROM DATABASE . scores

SELECT * FROM DATABASE./* here */spans

SELECT * FROM `DATABASE.spans`

SELECT * FROM DATABASE.span_facts

SELECT * FROM DATABASE.langfuse_events

SELECT * FROM DATABASE.schema_migrations

SELECT * FROM span_facts

SELECT * FROM langfuse_events

SELECT * FROM trace_times

SELECT * FROM retention

SELECT * FROM metric_labels

SELECT DATABASE.spans.name FROM spans

SELECT * FROM spans, DATABASE.spans AS other

SELECT * FROM spans AS a JOIN DATABASE.spans AS b ON 1 = 1

SELECT * FROM spans AS a LEFT JOIN DATABASE.spans AS b USING (trace_id)

SELECT * FROM spans AS a ASOF JOIN DATABASE.spans AS b USING (trace_id, start_time)

SELECT * FROM spans CROSS JOIN DATABASE.spans

SELECT * FROM spans PASTE JOIN DATABASE.spans

SELECT * FROM (SELECT * FROM (SELECT * FROM DATABASE.spans))

SELECT (SELECT groupArray(name) FROM DATABASE.spans)

SELECT (SELECT groupArray(input) FROM DATABASE.spans WHERE project_id = 'OTHER') AS theirs FROM spans

SELECT name FROM spans UNION ALL SELECT name FROM DATABASE.spans

SELECT name FROM spans EXCEPT SELECT name FROM DATABASE.spans

SELECT name FROM spans INTERSECT SELECT name FROM DATABASE.spans

SELECT 1 WHERE EXISTS (SELECT 1 FROM DATABASE.spans WHERE input LIKE '%marker%')

SELECT 1 IN (SELECT 1 FROM DATABASE.spans)

SELECT 'x' IN DATABASE.spans

SELECT 'x' IN (DATABASE.spans)

SELECT ('x', 'y') IN ((DATABASE.spans))

SELECT in('x', DATABASE.spans)

SELECT 'x' NOT IN DATABASE.spans

SELECT 'x' GLOBAL IN DATABASE.spans

SELECT nullIn('x', DATABASE.spans)

SELECT 'x' IN span_facts

SELECT 1 = ANY (SELECT 1 FROM DATABASE.spans)

SELECT count() FROM spans ORDER BY (SELECT max(input) FROM DATABASE.spans)

SELECT count() FROM spans GROUP BY (SELECT max(input) FROM DATABASE.spans)

SELECT count() FROM spans HAVING count() > (SELECT count() FROM DATABASE.spans)

SELECT name FROM spans LIMIT (SELECT count() FROM DATABASE.spans)

SELECT name FROM spans LIMIT 1 OFFSET (SELECT count() FROM DATABASE.spans)

SELECT name FROM spans ARRAY JOIN (SELECT groupArray(name) FROM DATABASE.spans) AS theirs

SELECT arrayMap(x -> (SELECT max(input) FROM DATABASE.spans), [1])

SELECT row_number() OVER (ORDER BY (SELECT max(input) FROM DATABASE.spans)) FROM spans

SELECT quantile((SELECT 0.5 FROM DATABASE.spans LIMIT 1))(duration_ms) FROM spans

SELECT * REPLACE ((SELECT max(input) FROM DATABASE.spans) AS name) FROM spans

WITH (SELECT groupArray(input) FROM DATABASE.spans) AS theirs SELECT theirs

WITH theirs AS (SELECT * FROM DATABASE.spans) SELECT * FROM theirs

WITH RECURSIVE theirs AS (SELECT input FROM DATABASE.spans UNION ALL SELECT input FROM theirs) SELECT * FROM theirs

WITH spans AS (SELECT * FROM DATABASE.spans) SELECT * FROM spans

WITH span_facts AS (SELECT 1) SELECT * FROM span_facts

WITH x AS (SELECT 1) SELECT * FROM (SELECT * FROM span_facts)

SELECT * FROM (WITH span_facts AS (SELECT 1 AS y) SELECT y FROM span_facts) AS a, span_facts AS b

WITH DATABASE AS (SELECT 1) SELECT * FROM DATABASE.spans

SELECT DATABASE.spans.* FROM spans AS DATABASE

SELECT spans.project_id FROM spans AS spans

SELECT source.project_id FROM spans

SELECT source.input FROM spans AS source

SELECT __table1.project_id FROM spans

SELECT COLUMNS('.*') FROM DATABASE.spans

SELECT COLUMNS('project_id') FROM spans

SELECT * FROM spans FINAL

SELECT _part, _partition_id FROM spans

SELECT _table, _database FROM spans

SELECT * FROM TABLE spans

TABLE DATABASE.spans

FROM DATABASE.spans SELECT *

SELECT * FROM spans WHERE 1 = 1 OR project_id = 'OTHER'

SELECT name FROM spans PREWHERE project_id = 'OTHER'

SELECT {spanglass_project:String}

SELECT * FROM {table:Identifier}

SELECT * FROM {database:Identifier}.spans

-- errors that tell of a neighbour's values
SELECT count() FROM spans WHERE throwIf(input LIKE '%marker%', 'found') = 0

SELECT count() FROM spans WHERE toInt64(input) > 0

SELECT count() FROM traces WHERE toInt64(name) > 0

SELECT count() FROM spans WHERE intDiv(1, if(input LIKE '%marker-of-OTHER%', 0, 1)) = 1

SELECT sum(intDiv(1, if(position(name, 'marker-of-OTHER') > 0, 0, 1))) FROM traces

SELECT count() FROM logs WHERE intDiv(1, if(position(body, 'marker-of-OTHER') > 0, 0, 1)) = 1

SELECT parseDateTimeBestEffort(name) FROM traces

SELECT CAST(name AS Enum8('a' = 1)) FROM traces

SELECT toUUID(name) FROM traces

SELECT accurateCast(name, 'UInt8') FROM traces

SELECT arrayElement([1], toInt64(name)) FROM traces

SELECT JSONExtract(input, 'Tuple(a UInt8)') FROM spans WHERE reinterpretAsUInt8(name) = 1

SELECT maxIntersections(toUInt64(name), 1) FROM traces

-- another syntax for the same
SELECT * FROM spans SETTINGS additional_table_filters = {}

SELECT * FROM spans SETTINGS readonly = 0

SELECT * FROM (SELECT * FROM spans SETTINGS additional_table_filters = {})

SELECT * FROM (SELECT 1 SETTINGS log_comment = 'x')

SELECT 1 SETTINGS max_execution_time = 0

SELECT 1 settings max_memory_usage = 0

SELECT 1 FORMAT TSV

SELECT 1 format `Null`

SELECT * FROM spans INTO OUTFILE '/tmp/spanglass-attack'

SELECT 1 INTO OUTFILE '/tmp/spanglass-attack' FORMAT CSV

SELECT 1; SELECT * FROM DATABASE.spans

SELECT 1;; SELECT 2

; SELECT 1

SELECT 1) UNION ALL (SELECT input FROM DATABASE.spans

SELECT 1) FROM DATABASE.spans --

SELECT 1 /* ) FROM DATABASE.spans */

SELECT 1 -- ) UNION ALL SELECT 2

SELECT 1 # ) UNION ALL SELECT input FROM DATABASE.spans

SELECT 1 /* /* */ UNION ALL SELECT input FROM DATABASE.spans */

SELECT 1 /*! UNION ALL SELECT input FROM DATABASE.spans */

SELECT '\' FROM DATABASE.spans --'

SELECT 'a\\' AS b, 'FROM DATABASE.spans'

SELECT $$a$$, $tag$ FROM DATABASE.spans $tag$

SELECT `a\` FROM DATABASE.spans --`

SELECT "a"" FROM DATABASE.spans --"

SELECT 1 AS `x) FROM DATABASE.spans --`

SELECT 1 AS "x\nFunction file"

SELECT 1 AS `al
 Function file (alias x)`

SELECT 1 FROM spans AS `x
TableIdentifier y`

ＳＥＬＥＣＴ 1

SELECT‮ 1

SELECT name FROM DATABASE．spans

SELECT name FROM ⁠spans

SELECT 'marker' FROM spans WHERE name = 'a' OR 'b' = 'b'

EXPLAIN SELECT * FROM DATABASE.spans

EXPLAIN AST SELECT 1

EXPLAIN QUERY TREE SELECT * FROM DATABASE.spans

EXPLAIN PLAN SELECT 1

EXPLAIN ESTIMATE SELECT * FROM DATABASE.spans

EXPLAIN TABLE OVERRIDE mysql('a', 'b', 'c', 'd', 'e') PARTITION BY a

SELECT * FROM (EXPLAIN SELECT * FROM DATABASE.spans)

SELECT * FROM viewExplain('EXPLAIN', '', (SELECT 1))

SELECT 1 PARALLEL WITH SELECT 2

EXECUTE AS default SELECT 1

DESCRIBE TABLE DATABASE.spans

DESC (SELECT * FROM DATABASE.spans)

SHOW TABLES FROM DATABASE

SHOW CREATE TABLE DATABASE.spans

SHOW DATABASES

SHOW SETTINGS LIKE '%'

SHOW PROCESSLIST

SHOW GRANTS

EXISTS TABLE DATABASE.spans

CHECK TABLE DATABASE.spans

USE DATABASE

SET readonly = 0

BEGIN TRANSACTION

-- writing
INSERT INTO DATABASE.spans (project_id) VALUES ('OTHER')

INSERT INTO FUNCTION file('/tmp/spanglass-attack', 'CSV', 'a String') SELECT 'x'

WITH x AS (SELECT 1) INSERT INTO DATABASE.spans SELECT * FROM x

CREATE TABLE t (a Int8) ENGINE = Memory

CREATE TEMPORARY TABLE t (a Int8)

CREATE TABLE DATABASE.t ENGINE = Memory AS SELECT * FROM DATABASE.spans

CREATE VIEW DATABASE.v AS SELECT 1

CREATE DATABASE theirs

CREATE FUNCTION f AS x -> x + 1

CREATE NAMED COLLECTION c AS a = 1

CREATE USER u IDENTIFIED BY 'x'

ALTER TABLE DATABASE.spans DELETE WHERE 1

ALTER TABLE DATABASE.spans UPDATE name = 'x' WHERE 1

DELETE FROM DATABASE.spans WHERE 1

UPDATE DATABASE.spans SET name = 'x' WHERE 1

DROP TABLE DATABASE.spans

DROP DATABASE DATABASE

TRUNCATE TABLE DATABASE.spans

RENAME TABLE DATABASE.spans TO DATABASE.gone

EXCHANGE TABLES DATABASE.spans AND DATABASE.traces

OPTIMIZE TABLE DATABASE.spans FINAL

DETACH TABLE DATABASE.spans

ATTACH TABLE DATABASE.spans

BACKUP TABLE DATABASE.spans TO Disk('default', 'x')

RESTORE TABLE DATABASE.spans FROM Disk('default', 'x')

KILL QUERY WHERE 1

SYSTEM FLUSH LOGS

SYSTEM SHUTDOWN

GRANT ALL ON *.* TO default

REVOKE ALL ON *.* FROM default

MOVE DATABASE a TO b

UNDROP TABLE DATABASE.spans

-- files, networks, other engines
SELECT * FROM file('/etc/passwd', 'LineAsString')

SELECT * FROM file('/etc/passwd', LineAsString, 'line String')

SELECT file('/etc/passwd')

SELECT `file`('/etc/passwd')

SELECT "file"('/etc/passwd')

SELECT FILE('/etc/passwd')

SELECT file /**/ ('/etc/passwd')

SELECT arrayMap(x -> file(x), ['/etc/passwd'])

SELECT * APPLY (x -> file('/etc/passwd')) FROM spans LIMIT 1

SELECT * APPLY file FROM spans LIMIT 1

SELECT COLUMNS('name') APPLY file FROM spans LIMIT 1

SELECT * REPLACE (file('/etc/passwd') AS name) FROM spans LIMIT 1

SELECT name FROM spans ORDER BY name WITH FILL FROM file('/etc/passwd')

SELECT name FROM spans ORDER BY name WITH FILL INTERPOLATE (input AS file('/etc/passwd'))

SELECT sum(1) OVER (ORDER BY duration_ms RANGE BETWEEN length(file('/etc/passwd')) PRECEDING AND CURRENT ROW) FROM spans

SELECT quantile(length(file('/etc/passwd')))(duration_ms) FROM spans

SELECT name FROM spans LIMIT length(file('/etc/passwd'))

SELECT name FROM spans SAMPLE 1 / 2

SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')

SELECT * FROM s3('http://127.0.0.1:1/b/k', 'CSV')

SELECT * FROM gcs('http://127.0.0.1:1/b/k', 'CSV')

SELECT * FROM azureBlobStorage('http://127.0.0.1:1/', 'c', 'b')

SELECT * FROM hdfs('hdfs://127.0.0.1:1/x', 'TSV')

SELECT * FROM iceberg('http://127.0.0.1:1/x')

SELECT * FROM deltaLake('http://127.0.0.1:1/x')

SELECT * FROM remote('127.0.0.1', 'DATABASE.spans')

SELECT * FROM remoteSecure('127.0.0.1', 'DATABASE.spans')

SELECT * FROM cluster('default', DATABASE.spans)

SELECT * FROM clusterAllReplicas('default', DATABASE.spans)

SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')

SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')

SELECT * FROM mongodb('127.0.0.1:1', 'd', 'c', 'u', 'p', 'a String')

SELECT * FROM redis('127.0.0.1:1', 'k', 'k String')

SELECT * FROM sqlite('/etc/passwd', 'x')

SELECT * FROM jdbc('x', 'y')

SELECT * FROM odbc('x', 'y')

SELECT * FROM executable('/bin/sh', 'TSV', 'a String')

SELECT * FROM input('a String')

SELECT * FROM Python(sys)

SELECT * FROM python('sys')

SELECT 'Python(secrets)', "Python(os)" FROM spans

SELECT * FROM merge('DATABASE', 'spans')

SELECT * FROM merge('spans')

SELECT * FROM merge(REGEXP('.*'), 'spans')

SELECT * FROM view(SELECT * FROM DATABASE.spans)

SELECT * FROM loop(DATABASE.spans)

SELECT * FROM dictionary('x')

SELECT * FROM mergeTreeIndex(DATABASE, spans)

SELECT * FROM mergeTreeProjection(DATABASE, spans, p)

SELECT * FROM mergeTreeAnalyzeIndexes(DATABASE, spans)

SELECT * FROM mergeTreeTextIndex(DATABASE, spans, index_input)

SELECT * FROM timeSeriesData(DATABASE.spans)

SELECT * FROM prometheusQuery('DATABASE', 'spans', 'up')

SELECT * FROM generateRandom('a String') LIMIT 1

SELECT * FROM fuzzQuery('SELECT 1') LIMIT 1

SELECT * FROM fuzzJSON('{}') LIMIT 1

SELECT * FROM format('TSV', 'x')

SELECT * FROM null('a String')

SELECT * FROM values('a String', ('x'))

SELECT * FROM arrowFlight('127.0.0.1:1', 'x')

SELECT * FROM ytsaurus('x', 'y', 'z')

SELECT * FROM icebergS3('x')

SELECT * FROM spans(project = 'OTHER')

SELECT * FROM spans('OTHER')

-- the server itself
SELECT * FROM system.tables

SELECT * FROM system.query_log

SELECT * FROM system.processes

SELECT * FROM system.settings

SELECT * FROM system.one

SELECT * FROM `system`.`parts`

SELECT * FROM information_schema.tables

SELECT * FROM INFORMATION_SCHEMA.COLUMNS

SELECT * FROM default.spans

SELECT 1 IN system.one

SELECT hostName()

SELECT fqdn()

SELECT currentUser()

SELECT user()

SELECT currentDatabase()

SELECT DATABASE()

SELECT @@version

SELECT globalVariable('version')

SELECT version()

SELECT uptime()

SELECT getSetting('additional_table_filters')

SELECT getSettingOrDefault('log_comment', '')

SELECT getServerSetting('max_connections')

SELECT getMergeTreeSetting('index_granularity')

SELECT getMacro('shard')

SELECT getServerPort('tcp_port')

SELECT getOSKernelVersion()

SELECT serverUUID()

SELECT queryID()

SELECT initialQueryID()

SELECT connectionId()

SELECT currentProfiles()

SELECT currentRoles()

SELECT showCertificate()

SELECT tcpPort()

SELECT filesystemAvailable()

SELECT zookeeperSessionUptime()

SELECT generateSerialID('x')

SELECT getClientHTTPHeader('authorization')

SELECT displayName()

SELECT buildId()

SELECT addressToLine(1)

SELECT demangle('x')

SELECT logTrace('x')

SELECT errorCodeToName(1)

SELECT dictGet('x', 'y', 1)

SELECT dictGetOrDefault('x', 'y', 1, 2)

SELECT dictHas('x', 1)

SELECT joinGet('DATABASE.spans', 'name', 'x')

SELECT joinGetOrNull('DATABASE.spans', 'name', 'x')

SELECT hasColumnInTable('DATABASE', 'spans', 'name')

SELECT hasColumnInTable('127.0.0.1', 'u', 'p', 'DATABASE', 'spans', 'name')

SELECT partitionID(1)

SELECT isMergeTreePartCoveredBy('a', 'b')

SELECT mergeTreePartInfo('all_1_1_0')

SELECT catboostEvaluate('/etc/passwd', 1)

SELECT evalMLMethod('x', 1)

SELECT naiveBayesClassifier('x', 'y')

SELECT aiGenerate('x')

SELECT lemmatize('en', 'x')

SELECT synonyms('x', 'y')

SELECT regionToName(1)

SELECT tid()

SELECT structureToCapnProtoSchema('a String')

SELECT formatQuery('SELECT 1')

SELECT fuzzQuery('SELECT 1')

SELECT _CAST(1, 'String')

SELECT __getScalar('x')

SELECT __actionName('x', 'y')

SELECT trap('x')

SELECT decrypt('aes-128-ecb', 'x', 'y')

SELECT encrypt('aes-128-ecb', 'x', 'y')

SELECT changeYear(now(), 1), transactionID()

SELECT blockSerializedSize(1), dumpColumnStructure('x')

SELECT defaultValueOfTypeName('String')

SELECT rowNumberInBlock(), blockNumber(), runningConcurrency(1, 2)

SELECT nonsense(1)

-- states of aggregate functions and types that read bytes
SELECT CAST('x', 'AggregateFunction(uniq, String)')

SELECT 'x'::AggregateFunction(groupArray, String)

SELECT CAST(input AS AggregateFunction(sumMap, Array(UInt8), Array(UInt8))) FROM spans

SELECT finalizeAggregation(CAST('x', 'AggregateFunction(uniq, String)'))

SELECT uniqState(name) FROM spans

SELECT uniqMerge(name) FROM spans

SELECT initializeAggregation('uniqState', 1)

SELECT arrayReduce('sum', [1])

SELECT runningAccumulate(sumState(1))

SELECT unhex('00')::Dynamic, reinterpret('x', 'UInt8')

SELECT {x:AggregateFunction(uniq, String)}

SELECT bitmapBuild([1])

SELECT readWKT('POINT(0 0)')

-- exhausting it
SELECT sleep(3)

SELECT sleepEachRow(1) FROM spans

SELECT throwIf(1)

SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))

SELECT count() FROM numbers(1000000000000) WHERE cityHash64(number) = 1

SELECT number FROM numbers(1000000000000) ORDER BY cityHash64(number)

SELECT groupArray(number) FROM numbers(1000000000)

SELECT uniqExact(number) FROM numbers(1000000000)

SELECT number, count() FROM numbers(1000000000) GROUP BY number

SELECT count() FROM numbers(1000000) AS a CROSS JOIN numbers(1000000) AS b WHERE a.number * b.number = 7

SELECT count() FROM spans AS a, spans AS b, spans AS c, spans AS d, numbers(100000000) AS n WHERE cityHash64(n.number) = 1

SELECT repeat('x', 10000000000)

SELECT length(repeat(repeat('x', 1000000), 1000000))

SELECT range(1000000000)

SELECT arraySum(arrayMap(x -> arraySum(range(x)), range(1000000)))

SELECT arrayWithConstant(1000000000, 'x')

SELECT arrayResize([1], 1000000000)

SELECT leftPad('x', 1000000000)

SELECT space(10000000000)

SELECT arrayFold(x, acc -> acc + x, range(1000000000), 0)

SELECT ngrams(repeat('ab', 1000000), 3)

SELECT match(repeat('a', 100000), '(a+)+$')

SELECT match(repeat('a', 1000), '((((a{1,100}){1,100}){1,100}){1,100})')

SELECT replaceRegexpAll(repeat('a', 1000000), '(a*)*b', 'x')

SELECT editDistance(repeat('a', 60000), repeat('b', 60000))

SELECT groupConcat(toString(number)) FROM numbers(1000000000)

SELECT topK(100000000)(number) FROM numbers(10)

SELECT quantiles(0.1)(number) FROM numbers(100000000000)

WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT count() FROM t

WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT a.n FROM t AS a, numbers(100) AS b) SELECT count() FROM t

WITH x AS (SELECT * FROM numbers(100000)), y AS (SELECT a.number FROM x AS a, x AS b), z AS (SELECT c.number FROM y AS c, y AS d) SELECT count() FROM z WHERE cityHash64(number) = 1

SELECT number FROM numbers(100) ORDER BY number WITH FILL FROM 0 TO 1000000000000

SELECT 1 AS a, (a + a) AS b, (b + b) AS c, (c + c) AS d, (d + d) AS e, (e + e) AS f, (f + f) AS g, (g + g) AS h, (h + h) AS i, (i + i) AS j, (j + j) AS k, (k + k) AS l, (l + l) AS m, (m + m) AS n, (n + n) AS o, (o + o) AS p, (p + p) AS q, (q + q) AS r, (r + r) AS s, (s + s) AS t, (t + t) AS u

SELECT count() FROM generate_series(0, 1000000000000000) WHERE cityHash64(generate_series) = 1

SELECT factorial(1000), exp(1e308), intDiv(1, 0)

SELECT CAST(1 AS Decimal(76, 76)) * CAST(1 AS Decimal(76, 76))
