// Valid names of an environment, which are part of every resource name.

var allowed = 'abcdefghijklmnopqrstuvwxyz0123456789-'

@description('The name unchanged, if every resource name that contains it is valid. Key Vault is the strictest: no consecutive hyphens, and a hyphen follows the name before the token.')
@export()
func environmentNamed(name string) string =>
  startsWith(name, '-') || endsWith(name, '-') || contains(name, '--') || !empty(filter(
      range(0, length(name)),
      i => !contains(allowed, toLower(substring(name, i, 1)))
    ))
    ? fail('the name of the environment is ${name}: it must consist of letters, digits, and single hyphens between them')
    : name
