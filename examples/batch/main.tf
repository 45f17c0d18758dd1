provider "aws" {
  region = var.region
}

module "face_compare" {
  source = "../.."

  name            = var.name
  rekognition_tps = var.rekognition_tps
}

module "batch" {
  source = "../../modules/batch"

  face_compare = module.face_compare
}
