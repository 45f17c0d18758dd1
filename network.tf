# What a function in a VPC needs in addition. The policy is one of its own: it must exist before Lambda places the
# function, while the other policy may be written at the same time as the function.
# Lambda also needs it to remove its network interfaces, minutes after the function is gone, and nothing in this module
# can wait for that. Where the provider destroys their subnets or security groups, it waits and deletes the interfaces
# itself. For a VPC of another configuration examples/private-network/README.md has the order.
locals {
  network_write_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
  ]

  network_read_actions = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
}

resource "aws_iam_role_policy" "network" {
  count = local.has_network ? 1 : 0

  name = "network"
  role = aws_iam_role.function.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Lambda creates the interfaces with the function's role. Account and region are the narrowest limits there
        # are: Lambda checks the right before the interface has an id, and does not place a function whose role names
        # subnets or groups only (the developer guide gives this form). Subnets and groups that another account shares
        # have the id of that account in their ARN; an interface, which each of the actions is about, always has this
        # account's.
        Sid    = "PlaceInNetwork"
        Effect = "Allow"
        Action = local.network_write_actions
        Resource = [
          "arn:${local.partition}:ec2:${local.region}:${local.account_id}:*/*",
          "arn:${local.partition}:ec2:${local.region}:*:security-group/*",
          "arn:${local.partition}:ec2:${local.region}:*:subnet/*",
        ]
      },
      {
        # EC2 does not take a resource for actions that describe.
        Sid      = "SeeNetwork"
        Effect   = "Allow"
        Action   = local.network_read_actions
        Resource = "*"
      },
      {
        # The permissions are for the service. Calls of the function's own code carry this key and are denied, because
        # the code does not work with interfaces.
        Sid       = "KeepCodeFromNetwork"
        Effect    = "Deny"
        Action    = concat(local.network_write_actions, local.network_read_actions)
        Resource  = "*"
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.function_arn } }
      },
    ]
  })
}
