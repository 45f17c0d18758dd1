provider "aws" {
  region = var.region
}

module "face_compare" {
  # Outside this repository:
  # source  = "OWNER/face-compare/aws"
  # version = "~> 0.1"
  source = "../.."

  name         = var.name
  function_url = {}
}

# Attach it to the roles of callers.
resource "aws_iam_policy" "caller" {
  name        = "${var.name}-caller-${var.region}"
  description = "May compare faces through the function URL of ${var.name}."
  policy      = module.face_compare.invoker_policy_json
}
