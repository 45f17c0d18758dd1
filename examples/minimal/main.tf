provider "aws" {
  region = var.region
}

module "face_compare" {
  source = "../.."

  name = var.name
}
