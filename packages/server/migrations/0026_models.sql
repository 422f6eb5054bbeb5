-- Models are trained by any estimator and tested on any split: `test_share` of a declared model is now that of a split by chance.
-- The definition stays json, whose columns keep their order; of models the order of members means nothing.

update projects set definition = (
  select json_object_agg(
    member.key,
    case when member.key = 'models' then (
      select coalesce(json_agg(
        case when model.value::jsonb ? 'test_share' then
          ((model.value::jsonb - 'test_share') || jsonb_build_object(
            'split', jsonb_build_object(
              'kind', 'random', 'test_share', model.value::jsonb -> 'test_share', 'stratify', true
            ),
            'learning_curve', false
          ))::json
        else model.value end
        order by model.position
      ), '[]'::json)
      from json_array_elements(member.value) with ordinality as model(value, position)
    ) else member.value end
    order by member.position
  )
  from json_each(definition) with ordinality as member(key, value, position)
)
where definition::jsonb -> 'models' @? '$[*].test_share';
