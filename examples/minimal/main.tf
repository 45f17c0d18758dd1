provider "aws" {
  region = var.region
}

module "face_compare" {
  # Outside this repository:
  # source  = "OWNER/face-compare/aws"
  # version = "~> 0.1"
  source = "../.."

  name = var.name
}
