"""The model registry: models, versions, aliases, stages, tags, searches and what is refused."""

import uuid

from scenarios.support import answers, equal, refuses, scenario, table

BAD = "INVALID_PARAMETER_VALUE"
GONE = "RESOURCE_DOES_NOT_EXIST"


def a_model(case, versions=0, **options):
    """The name of a new model with versions of the artifacts of one run."""
    name = f"model-{uuid.uuid4().hex[:10]}"
    case.client.create_registered_model(name, **options)
    case.model_run = case.run()
    for _ in range(versions):
        case.client.create_model_version(name, source_of(case), case.model_run)
    return name


def source_of(case):
    return f"mlflow-artifacts:/{case.experiment}/{case.model_run}/artifacts/model"


@scenario(smoke=True)
def a_model_and_its_versions(case):
    name = a_model(case, tags={"team": "blue"}, description="what it is")
    model = case.client.get_registered_model(name)
    equal((model.name, model.tags, model.description), (name, {"team": "blue"}, "what it is"))
    assert model.creation_timestamp == model.last_updated_timestamp > 1.6e12
    equal(model.latest_versions, [])
    first = case.client.create_model_version(name, source_of(case), case.model_run, tags={"a": "1"}, description="one")
    second = case.client.create_model_version(name, source_of(case), case.model_run)
    equal((first.version, second.version), ("1", "2"))
    equal((first.run_id, first.source, first.status, first.current_stage), (case.model_run, source_of(case), "READY", "None"))
    equal((first.tags, first.description, second.description or ""), ({"a": "1"}, "one", ""))
    found = case.client.get_model_version(name, "1")
    equal((found.version, found.tags, found.aliases), ("1", {"a": "1"}, []))
    equal(case.client.get_model_version_download_uri(name, "1"), source_of(case))
    latest = case.client.get_registered_model(name).latest_versions
    equal([one.version for one in latest], ["2"])


@scenario(smoke=True)
def numbers_of_versions_never_come_back(case):
    name = a_model(case, versions=3)
    case.client.delete_model_version(name, "3")
    refuses(GONE, f"Model Version (name={name}, version=3) not found", lambda: case.client.get_model_version(name, "3"))
    equal(case.client.create_model_version(name, source_of(case), case.model_run).version, "4")
    equal(sorted(one.version for one in case.client.search_model_versions(f"name='{name}'")), ["1", "2", "4"])


@scenario
def a_model_changes_and_goes(case):
    name = a_model(case, versions=1)
    equal(case.client.update_registered_model(name, "new text").description, "new text")
    renamed = f"{name}-renamed"
    case.client.set_registered_model_alias(name, "champion", "1")
    case.client.rename_registered_model(name, renamed)
    equal(case.client.get_registered_model(renamed).aliases, {"champion": "1"})
    equal(case.client.get_model_version_by_alias(renamed, "champion").name, renamed)
    refuses(GONE, f"Registered Model with name={name} not found", lambda: case.client.get_registered_model(name))
    other = a_model(case)
    refuses("RESOURCE_ALREADY_EXISTS", "already exists", lambda: case.client.rename_registered_model(renamed, other))
    refuses("RESOURCE_ALREADY_EXISTS", f"Registered Model (name={other}) already exists", lambda: case.client.create_registered_model(other))
    case.client.delete_registered_model(renamed)
    refuses(GONE, f"Registered Model with name={renamed} not found", lambda: case.client.get_registered_model(renamed))
    case.client.create_registered_model(renamed)
    equal(case.client.search_model_versions(f"name='{renamed}'"), [])


@scenario(smoke=True)
def tags_of_models_and_versions(case):
    name = a_model(case, versions=1)
    client = case.client
    client.set_registered_model_tag(name, "a", "1")
    client.set_registered_model_tag(name, "a", "2")
    client.set_model_version_tag(name, "1", "b", "x" * 9000)
    client.set_model_version_tag(name, "1", "c/d e", "é")
    equal(client.get_registered_model(name).tags, {"a": "2"})
    equal(client.get_model_version(name, "1").tags, {"b": "x" * 9000, "c/d e": "é"})
    for _ in range(2):
        client.delete_registered_model_tag(name, "a")
        client.delete_model_version_tag(name, "1", "b")
    equal((client.get_registered_model(name).tags, client.get_model_version(name, "1").tags), ({}, {"c/d e": "é"}))


@scenario
def a_version_changes(case):
    name = a_model(case, versions=1)
    before = case.client.get_model_version(name, "1")
    after = case.client.update_model_version(name, "1", "text")
    equal(after.description, "text")
    assert after.last_updated_timestamp >= before.last_updated_timestamp
    equal(case.client.get_model_version(name, "1").creation_timestamp, before.creation_timestamp)


@scenario(smoke=True)
def aliases(case):
    name = a_model(case, versions=2)
    client = case.client
    client.set_registered_model_alias(name, "champion", "1")
    client.set_registered_model_alias(name, "challenger", "1")
    equal(sorted(client.get_model_version(name, "1").aliases), ["challenger", "champion"])
    client.set_registered_model_alias(name, "champion", "2")
    equal(client.get_model_version_by_alias(name, "champion").version, "2")
    equal(client.get_registered_model(name).aliases, {"champion": "2", "challenger": "1"})
    equal(client.get_model_version(name, "1").aliases, ["challenger"])
    for _ in range(2):
        client.delete_registered_model_alias(name, "champion")
    refuses(BAD, "Registered model alias champion not found", lambda: client.get_model_version_by_alias(name, "champion"))
    client.delete_model_version(name, "1")
    equal(client.get_registered_model(name).aliases, {})


@table([("latest",), ("LATEST",), ("v1",), ("V22",), ("a b",), ("a/b",), ("x" * 256,), ("",), ("é!",)], prepare=lambda case: setattr(case, "model", a_model(case, 1)))
def refused_aliases(case, alias):
    body = {"name": case.model, "alias": alias, "version": "1"}
    answers(case.post("registered-models/alias", body), 400, BAD)


@scenario
def an_alias_of_nothing(case):
    name = a_model(case, versions=1)
    refuses(GONE, f"Model Version (name={name}, version=9) not found", lambda: case.client.set_registered_model_alias(name, "a", "9"))
    refuses(GONE, "name=none", lambda: case.client.set_registered_model_alias("none", "a", "1"))


@scenario(smoke=True)
def stages(case):
    name = a_model(case, versions=3)
    client = case.client
    equal(client.transition_model_version_stage(name, "1", "staging").current_stage, "Staging")
    equal(client.transition_model_version_stage(name, "2", "PRODUCTION").current_stage, "Production")
    client.transition_model_version_stage(name, "3", "Production", archive_existing_versions=True)
    equal([client.get_model_version(name, str(one)).current_stage for one in (1, 2, 3)], ["Staging", "Archived", "Production"])
    found = {one.current_stage: one.version for one in client.get_latest_versions(name)}
    equal(found, {"Staging": "1", "Archived": "2", "Production": "3"})
    equal([one.version for one in client.get_latest_versions(name, ["Production"])], ["3"])
    equal([one.version for one in client.get_latest_versions(name, ["None"])], [])
    answers(case.call("GET", "registered-models/get-latest-versions", query={"name": name}), 200)
    refuses(BAD, "Invalid Model Version stage", lambda: client.transition_model_version_stage(name, "1", "Live"))
    equal(client.transition_model_version_stage(name, "1", "None").current_stage, "None")


@scenario(differs="Archiving what stands in a stage that is not active is answered with 500")
def archiving_is_for_active_stages(case):
    name = a_model(case, versions=1)
    body = {"name": name, "version": "1", "stage": "None", "archive_existing_versions": True}
    answers(case.post("model-versions/transition-stage", body), 400, BAD)


def three_models(case):
    case.prefix = f"find-{uuid.uuid4().hex[:8]}"
    for letter, tags in (("a", {"team": "blue"}), ("b", {"team": "Green", "x y": "1"}), ("c", {})):
        case.client.create_registered_model(f"{case.prefix}-{letter}", tags=tags)
    case.model_run = case.run()
    for tags in ({"step": "one"}, {"step": "two"}, {}):
        case.client.create_model_version(f"{case.prefix}-a", source_of(case), case.model_run, tags=tags)
    case.other_run = case.run()
    other = f"mlflow-artifacts:/{case.experiment}/{case.other_run}/artifacts/model"
    case.client.create_model_version(f"{case.prefix}-b", other, case.other_run)


@table(
    [
        ("by part of the name", "name LIKE '{0}-%'", "abc"),
        ("by part of the name in capitals", "name ILIKE '{1}-%'", "abc"),
        ("by part of the name in the wrong case", "name LIKE '{1}-%'", ""),
        ("by name", "name = '{0}-b'", "b"),
        ("by another name", "name LIKE '{0}-%' AND name != '{0}-b'", "ac"),
        ("by tag", "name LIKE '{0}-%' AND tags.team = 'blue'", "a"),
        ("by another tag", "name LIKE '{0}-%' AND tags.team != 'blue'", "b"),
        ("by part of a tag", "name LIKE '{0}-%' AND tag.team ILIKE 'g%'", "b"),
        ("by a tag with a space", "name LIKE '{0}-%' AND tags.`x y` = '1'", "b"),
        ("by two tags", "name LIKE '{0}-%' AND tags.`x y` = '1' AND tags.team = 'Green'", "b"),
        ("in double quotes", 'name = "{0}-c"', "c"),
    ],
    prepare=three_models,
)
def search_of_models(case, _, text, letters):
    found = case.client.search_registered_models(text.format(case.prefix, case.prefix.upper()))
    equal("".join(one.name[-1] for one in found), letters)


@table(
    [
        ("name ASC", "abc"),
        ("name DESC", "cba"),
        ("timestamp ASC", "cab"),
        ("last_updated_timestamp DESC", "bac"),
    ],
    prepare=three_models,
)
def orders_of_models(case, order, letters):
    found = case.client.search_registered_models(f"name LIKE '{case.prefix}-%'", order_by=[order])
    equal("".join(one.name[-1] for one in found), letters)


@scenario
def pages_of_models(case):
    three_models(case)
    text = f"name LIKE '{case.prefix}-%'"
    first = case.client.search_registered_models(text, max_results=2)
    rest = case.client.search_registered_models(text, max_results=2, page_token=first.token)
    equal("".join(one.name[-1] for one in [*first, *rest]), "abc")
    assert first.token and not rest.token


@table([("name > 'a'",), ("nothing = 'x'",), ("name = 5",), ("name",), ("tags.a > 'x'",), ("name LIKE 'a' AND",), ("version = '1'",)], differs={"name LIKE 'a' AND": "A filter that ends with AND is read as if the AND were not there"})
def refused_searches_of_models(case, text):
    refuses(BAD, "", lambda: case.client.search_registered_models(text))


@table([(0,), (-1,), (1001,), ("x",)], differs={size: "A page of less than one model is an empty page with a token" for size in ("0", "-1")})
def refused_pages_of_models(case, size):
    answers(case.get("registered-models/search", max_results=size), 400, BAD)


@table(
    [
        ("by name", "name = '{a}'", ["3", "2", "1"]),
        ("by part of the name", "name LIKE '{prefix}-%' AND run_id = '{run}'", ["3", "2", "1"]),
        ("by run", "run_id = '{run}'", ["3", "2", "1"]),
        ("by runs", "run_id IN ('{run}', '{other}')", ["1", "3", "2", "1"]),
        ("by source", "source_path LIKE '%{run}%'", ["3", "2", "1"]),
        ("by number", "name = '{a}' AND version_number > 1", ["3", "2"]),
        ("by exact number", "name = '{a}' AND version_number = 2", ["2"]),
        ("by tag", "name = '{a}' AND tags.step = 'one'", ["1"]),
        ("by another tag", "name = '{a}' AND tags.step != 'one'", ["2"]),
        ("by nothing", "name = 'none'", []),
    ],
    prepare=three_models,
)
def search_of_versions(case, _, text, versions):
    text = text.format(a=f"{case.prefix}-a", prefix=case.prefix, run=case.model_run, other=case.other_run)
    equal([one.version for one in case.client.search_model_versions(text)], versions)


@table(
    [
        (["version_number ASC"], ["1", "2", "3"]),
        (["version_number DESC"], ["3", "2", "1"]),
        (["creation_timestamp ASC"], ["1", "2", "3"]),
        (["name ASC", "version_number ASC"], ["1", "2", "3"]),
        (["last_updated_timestamp ASC"], ["1", "2", "3"]),
    ],
    prepare=three_models,
)
def orders_of_versions(case, order, versions):
    found = case.client.search_model_versions(f"name = '{case.prefix}-a'", order_by=order)
    equal([one.version for one in found], versions)


@scenario
def pages_of_versions(case):
    three_models(case)
    first = case.client.search_model_versions(f"name = '{case.prefix}-a'", max_results=2)
    rest = case.client.search_model_versions(f"name = '{case.prefix}-a'", max_results=2, page_token=first.token)
    equal([one.version for one in [*first, *rest]], ["3", "2", "1"])
    assert not rest.token


@table([("run_id > 'a'",), ("nothing = 'x'",), ("version_number = 'x'",), ("run_id IN ()",), ("name",)])
def refused_searches_of_versions(case, text):
    refuses(BAD, "", lambda: case.client.search_model_versions(text))


def a_model_and_a_run(case):
    case.model = a_model(case, 1)
    case.inner = case.model_run


@table(
    [
        ("absolute path", "/etc/passwd"),
        ("file of the system", "file:///etc/passwd"),
        ("relative file", "file:./x"),
        ("relative path", "../x"),
        ("out of the run", "mlflow-artifacts:/x/../../y"),
        ("out of the run, encoded", "mlflow-artifacts:/x/%2e%2e/%2e%2e/y"),
        ("out of the run, encoded twice", "mlflow-artifacts:/x/%252e%252e/y"),
        ("out of a bucket", "s3://bucket/a/../../b"),
        ("zero byte", "s3://bucket/a%00b"),
        ("a path inside http", "http://host/a/../../b"),
    ],
    prepare=a_model_and_a_run,
)
def refused_sources(case, _, source):
    answers(case.post("model-versions/create", {"name": case.model, "source": source}), 400, BAD)


@table(
    [
        ("bucket", "s3://bucket/path/model"),
        ("google", "gs://bucket/path/model"),
        ("azure", "wasbs://box@account.blob.core.windows.net/path"),
    ],
    prepare=a_model_and_a_run,
)
def sources_elsewhere(case, _, source):
    version = case.client.create_model_version(case.model, source)
    equal((version.source, case.client.get_model_version_download_uri(case.model, version.version)), (source, source))


@scenario(since=(2, 15))
def a_version_is_copied(case):
    name = a_model(case, versions=1)
    target = f"{name}-copy"
    copy = case.client.copy_model_version(f"models:/{name}/1", target)
    equal((copy.name, copy.version), (target, "1"))
    equal(copy.source, f"models:/{name}/1")
    equal(case.client.get_model_version_download_uri(target, "1"), source_of(case))
    again = case.client.copy_model_version(f"models:/{name}/1", target)
    equal(again.version, "2")


@table(
    [
        ("empty", ""),
        ("slash", "a/b"),
        ("colon", "a:b"),
        ("parent", ".."),
    ]
)
def refused_names(case, _, name):
    answers(case.post("registered-models/create", {"name": name}), 400, BAD)


@table([("spaces and letters", "un modèle é"), ("dots", "a.b-c_d"), ("quote", "it's"), ("percent", "50%")])
def names_of_models(case, _, name):
    name = f"{name} {uuid.uuid4().hex[:8]}"
    case.client.create_registered_model(name)
    equal(case.client.get_registered_model(name).name, name)
    case.client.set_registered_model_tag(name, "a", "b")
    case.client.delete_registered_model(name)


@scenario
def too_long_values(case):
    name = a_model(case, versions=1)
    long_key = {"name": name, "key": "k" * 251, "value": "x"}
    answers(case.post("registered-models/set-tag", long_key), 400, BAD, "250")
    answers(case.post("model-versions/set-tag", {**long_key, "version": "1"}), 400, BAD, "250")
    long_value = {"name": name, "key": "k", "value": "x" * 100_001}
    answers(case.post("registered-models/set-tag", long_value), 400, BAD, "100000")


@scenario
def writes_to_what_is_gone(case):
    name = a_model(case, versions=1)
    client = case.client
    client.delete_model_version(name, "1")
    for action in (
        lambda: client.set_model_version_tag(name, "1", "a", "b"),
        lambda: client.update_model_version(name, "1", "text"),
        lambda: client.transition_model_version_stage(name, "1", "Staging"),
        lambda: client.get_model_version_download_uri(name, "1"),
        lambda: client.delete_model_version(name, "1"),
        lambda: client.set_registered_model_alias(name, "a", "1"),
    ):
        refuses(GONE, f"Model Version (name={name}, version=1) not found", action)
    client.delete_registered_model(name)
    for action in (
        lambda: client.delete_registered_model(name),
        lambda: client.set_registered_model_tag(name, "a", "b"),
        lambda: client.update_registered_model(name, "text"),
        lambda: client.get_latest_versions(name),
    ):
        refuses(GONE, f"Registered Model with name={name} not found", action)


@scenario
def the_wire_form_of_a_model(case):
    name = a_model(case, versions=1)
    case.client.set_registered_model_alias(name, "champion", "1")
    model = case.get("registered-models/get", name=name).json()["registered_model"]
    equal(model["aliases"], [{"alias": "champion", "version": "1"}])
    assert "tags" not in model
    version = case.get("model-versions/get", name=name, version="1").json()["model_version"]
    equal((version["version"], version["status"], version["current_stage"], version["aliases"]), ("1", "READY", "None", ["champion"]))
    assert isinstance(version["creation_timestamp"], int)
    equal(version["description"], "")
