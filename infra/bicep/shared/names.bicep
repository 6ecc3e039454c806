// What an environment may be called: its name is part of every other.

var allowed = 'abcdefghijklmnopqrstuvwxyz0123456789-'

@description('The name as it is, if every name that it becomes part of is one that Azure takes. Key Vault is the strictest: no hyphen beside another, and its names end with the name and a hyphen before the token.')
@export()
func environmentNamed(name string) string =>
  startsWith(name, '-') || endsWith(name, '-') || contains(name, '--') || !empty(filter(
      range(0, length(name)),
      i => !contains(allowed, toLower(substring(name, i, 1)))
    ))
    ? fail('the name of the environment is ${name}: it takes letters, digits, and single hyphens between them')
    : name
