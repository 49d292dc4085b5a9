export const model = {
  break: [{ bash: `echo '{ "title": "string" }' > api.schema; touch -d '2001-01-01' api.schema` }],
  extend: [{ bash: `echo '{ "name": "string", "age": "number" }' > api.schema; sh generate.sh` }],
};
