"""Prompts: registered models in disguise, which ordinary searches of models do not show."""

import uuid

import mlflow

from scenarios.support import CLIENT, equal, refuses, scenario

# Prompts moved into `mlflow.genai` with MLflow 3.
PROMPTS = mlflow.genai if CLIENT >= (3, 0) else mlflow
SINCE = (2, 21)


def a_prompt(case, text="Say {{what}} in {{language}}", **options):
    name = f"prompt-{uuid.uuid4().hex[:10]}"
    return PROMPTS.register_prompt(name, text, **options)


@scenario(since=SINCE)
def a_prompt_and_its_versions(case):
    first = a_prompt(case, commit_message="first", tags={"author": "ann"})
    name = first.name
    equal((int(first.version), first.template), (1, "Say {{what}} in {{language}}"))
    second = PROMPTS.register_prompt(name, "Tell {{what}}", commit_message="second")
    equal(int(second.version), 2)
    loaded = PROMPTS.load_prompt(f"prompts:/{name}/1")
    equal((loaded.template, loaded.commit_message), (first.template, "first"))
    equal(loaded.format(what="hi", language="French"), "Say hi in French")
    equal(PROMPTS.load_prompt(name, version=2).template, "Tell {{what}}")
    equal(loaded.variables, {"what", "language"})
    equal(loaded.tags.get("author"), "ann")


@scenario(since=SINCE)
def aliases_of_prompts(case):
    name = a_prompt(case).name
    PROMPTS.register_prompt(name, "two")
    PROMPTS.set_prompt_alias(name, alias="production", version=2)
    equal(int(PROMPTS.load_prompt(f"prompts:/{name}@production").version), 2)
    PROMPTS.set_prompt_alias(name, alias="production", version=1)
    fresh = {"cache_ttl_seconds": 0} if CLIENT >= (3, 8) else {}
    equal(int(PROMPTS.load_prompt(f"prompts:/{name}@production", **fresh).version), 1)
    PROMPTS.delete_prompt_alias(name, alias="production")
    assert "aliases" not in case.get("registered-models/get", name=name).json()["registered_model"]


@scenario(since=SINCE)
def models_and_prompts_are_apart(case):
    prompt = a_prompt(case).name
    model = f"{prompt}-model"
    case.client.create_registered_model(model)
    equal([one.name for one in case.client.search_registered_models(f"name LIKE '{prompt}%'")], [model])
    hidden = "tags.`mlflow.prompt.is_prompt` = 'true'"
    equal([one.name for one in case.client.search_registered_models(f"name = '{prompt}' AND {hidden}")], [prompt])
    equal(case.client.search_model_versions(f"name = '{prompt}'"), [])
    refuses("INVALID_PARAMETER_VALUE", "", lambda: PROMPTS.register_prompt(model, "x"))
    versions = case.client.search_model_versions(f"name = '{prompt}' AND {hidden}")
    equal([one.tags["mlflow.prompt.text"] for one in versions], ["Say {{what}} in {{language}}"])


@scenario(since=(3, 0))
def prompts_are_searched(case):
    names = [a_prompt(case, tags={"suite": case.name}).name for _ in range(2)]
    for name in names:
        case.client.set_prompt_tag(name, "kind", name)
    found = case.client.search_prompts(f"name = '{names[0]}'")
    equal([one.name for one in found], [names[0]])
    found = case.client.search_prompts(f"name LIKE 'prompt-%' AND tags.kind = '{names[1]}'")
    equal([one.name for one in found], [names[1]])


@scenario(since=(3, 0))
def tags_of_prompts(case):
    prompt = a_prompt(case)
    case.client.set_prompt_tag(prompt.name, "a", "1")
    case.client.set_prompt_version_tag(prompt.name, 1, "b", "2")
    equal(case.client.get_prompt(prompt.name).tags["a"], "1")
    equal(case.client.get_prompt_version(prompt.name, 1).tags["b"], "2")
    case.client.delete_prompt_tag(prompt.name, "a")
    case.client.delete_prompt_version_tag(prompt.name, 1, "b")
    assert "a" not in case.client.get_prompt(prompt.name).tags
    assert "b" not in case.client.get_prompt_version(prompt.name, 1).tags


@scenario(since=(3, 0))
def prompts_go(case):
    name = a_prompt(case).name
    case.client.delete_prompt_version(name, "1")
    refuses("RESOURCE_DOES_NOT_EXIST", "", lambda: case.client.get_prompt_version(name, 1))
    case.client.delete_prompt(name)
    assert case.client.get_prompt(name) is None
    assert mlflow.genai.load_prompt(name, version=1, allow_missing=True) is None


@scenario(since=(3, 4))
def prompts_of_chats(case):
    messages = [{"role": "system", "content": "You are {{who}}"}, {"role": "user", "content": "{{question}}"}]
    prompt = a_prompt(case, messages)
    loaded = mlflow.genai.load_prompt(prompt.name, version=1)
    equal(loaded.template, messages)
    equal(loaded.format(who="a cook", question="What?")[0]["content"], "You are a cook")


@scenario(since=(3, 4))
def a_prompt_says_which_runs_used_it(case):
    prompt = a_prompt(case)
    with mlflow.start_run() as active:
        mlflow.genai.load_prompt(prompt.name, version=1)
    found = case.client.get_run(active.info.run_id)
    assert prompt.name in found.data.tags.get("mlflow.linkedPrompts", ""), found.data.tags


@scenario(since=SINCE)
def a_long_prompt(case):
    text = "é" * 20_000 + "{{x}}"
    name = a_prompt(case, text).name
    equal(PROMPTS.load_prompt(f"prompts:/{name}/1").template, text)
