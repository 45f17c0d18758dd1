# The ruleset is bundled with tflint: nothing is downloaded. Every rule is on, none is ignored.
plugin "terraform" {
  enabled = true
  preset  = "all"
}
