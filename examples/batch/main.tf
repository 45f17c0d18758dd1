provider "aws" {
  region = var.region
}

module "face_compare" {
  # Outside this repository:
  # source  = "OWNER/face-compare/aws"
  # version = "~> 0.1"
  source = "../.."

  name            = var.name
  rekognition_tps = var.rekognition_tps
}

module "batch" {
  # Outside this repository:
  # source  = "OWNER/face-compare/aws//modules/batch"
  # version = "~> 0.1"
  source = "../../modules/batch"

  face_compare = module.face_compare
}
