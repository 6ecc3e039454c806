"""Azure's documented words, the only ones that may enter a report.

Codes of a deployment's errors:
https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
and cli/azd/resources/error_suggestions.yaml in Azure/azure-dev; of Container Apps, of ACR and of
role assignments: the issues in docs/report.md. Codes of the data planes: the SDKs and
docs/troubleshooting.md.
"""

import azure.servicebus.exceptions
from azure.storage.blob import StorageErrorCode

_OF_DEPLOYMENTS = """
AccountNameInvalid AccountPropertyCannotBeSet AllocationFailed AnotherOperationInProgress
ApplicationGatewayV2NotSupported AuthorizationFailed AuthorizationPermissionMismatch BadRequest
CertificateVerifyFailed Conflict ConflictError ContainerAppInvalidName
ContainerAppOperationError ContainerAppOperationInProgress ContainerAppSecretInvalid
DeploymentActive DeploymentFailed DeploymentFailedCleanUp DeploymentJobSizeExceeded
DeploymentNameInvalidCharacters DeploymentNameLengthLimitExceeded DeploymentNotFound
DeploymentQuotaExceeded DeploymentSizeExceeded DnsRecordInUse ExpiredAuthenticationToken
FlagMustBeSetForRestore Forbidden ImageNotFound InsufficientQuota InternalServerError
InUseSubnetCannotBeDeleted InvalidApiVersionParameter InvalidAuthenticationToken
InvalidAuthenticationTokenTenant InvalidContentLink InvalidDeploymentLocation
InvalidEnvironmentId InvalidParameter InvalidParameterValueInContainerTemplate
InvalidPrincipalId InvalidRequestContent InvalidRequestFormat InvalidResourceGroupLocation
InvalidResourceLocation InvalidResourceNamespace InvalidResourceReference InvalidResourceType
InvalidRoleDefinition InvalidSubscriptionRegistrationState InvalidTemplate
InvalidTemplateCircularDependency InvalidTemplateDeployment JobSizeExceeded
LinkedAuthorizationFailed LinkedInvalidPropertyId LocationNotAvailableForResourceType
LocationRequired ManagedEnvironmentInvalidName ManagedEnvironmentNotReadyForAppCreation
MaxNumberOfEnvsExceeded MaxNumberOfGlobalEnvironmentsInSubExceeded
MaxNumberOfRegionalEnvironmentsInSubExceeded MessagingGatewayBadRequest
MessagingGatewayTooManyRequests MismatchingResourceSegments MissingRegistrationForLocation
MissingSubscriptionRegistration NameUnavailable NamespaceUnavailable NoRegisteredProviderFound
NotFound OperationNotAllowed ParentResourceNotFound PasswordTooLong PrincipalNotFound
PrivateIPAddressInReservedRange PrivateIPAddressNotInSubnet PropertyChangeNotAllowed
PublicIPCountLimitReached QuotaExceeded ReadOnlyDisabledSubscription RegionDoesNotAllowProvisioning
RequestConflict RequestDisallowedByAzure RequestDisallowedByPolicy ReservedResourceName
ResourceCollectionRequestsThrottled ResourceDeploymentFailure ResourceGroupBeingDeleted
ResourceGroupNotFound ResourceGroupQuotaExceeded ResourceNotFound RoleAssignmentExists
RoleAssignmentLimitExceeded RoleAssignmentScopeNotAssignableToRoleDefinition
RoleAssignmentUpdateNotPermitted RoleDefinitionDoesNotExist RoleDefinitionHasAssignments
RoleDefinitionLimitExceeded RoleDefinitionWithSameNameExists ScopeLocked ServiceUnavailable
SkuNotAvailable StorageAccountAlreadyExists StorageAccountAlreadyTaken
StorageAccountInAnotherResourceGroup StorageAccountNotFound SubscriptionIsOverQuotaForSku
SubscriptionNotFound SubscriptionNotRegistered
SubscriptionRequestsThrottled TasksOperationsNotAllowed TemplateResourceCircularDependency
TooManyRequests TooManyTargetResourceGroups Unauthorized ValidationError VaultAlreadyExists
VaultNameNotValid WebhookInvalidParameterValue
"""
_OF_DATA = """
Forbidden SecretNotFound SecretDisabled BadParameter MethodNotAllowed Throttled
AuthorizationFailure AuthorizationPermissionMismatch AuthorizationProtocolMismatch
AuthorizationServiceMismatch AuthenticationFailed InvalidAuthenticationInfo
InsufficientAccountPermissions KeyBasedAuthenticationNotPermitted NoAuthenticationInformation
PublicAccessNotPermitted UnauthorizedBlobOverwrite APINotImplemented
"""

CODES = frozenset(
    {
        *_OF_DEPLOYMENTS.split(),
        *_OF_DATA.split(),
        *(each.value for each in StorageErrorCode),
        *(each for each in dir(azure.servicebus.exceptions) if each.endswith("Error")),
    }
)

# Beside the types of the template itself.
KINDS = frozenset(
    {
        "Microsoft.App/jobs",
        "Microsoft.Resources/deployments",
        "Microsoft.ContainerRegistry/registries/tasks",
        "Microsoft.Resources/subscriptions",
    }
)

# learn.microsoft.com/rest/api/resources/deployments; learn.microsoft.com/rest/api/
# resource-manager/containerapps; learn.microsoft.com/azure/container-apps/revisions
_STATES = """
Accepted Activating ActivationFailed Canceled Created Creating Degraded Deleted Deleting
Deprovisioned Deprovisioning Failed Healthy InProgress NotRunning NotSpecified None Processing
Progressing Provisioned Provisioning Ready Running RunningAtMaxScale ScaledToZero Stopped
Stopping Succeeded Suspended Terminated Unhealthy Unknown Updating Waiting
"""
STATES = frozenset(_STATES.split())

# pkg/eventreason/eventreason.go in kedacore/keda, and the events that
# learn.microsoft.com/azure/container-apps/log-streaming shows
_REASONS = """
AssigningReplica ConnectedToEventsServer ContainerAppReady ContainerAppUpdate
ContainerBackOff ContainerCreated ContainerStarted ContainerTerminated Error
KEDAScaleTargetActivated KEDAScaleTargetActivationFailed KEDAScaleTargetDeactivated
KEDAScaleTargetDeactivationFailed KEDAScalerFailed KEDAScalersStarted KEDAScalersStopped
ProbeFailed ImagePullFailure PulledImage PullingImage ReplicaUnhealthy RevisionCreation
RevisionReady RevisionUpdate ScaledObjectCheckFailed ScaledObjectDeleted ScaledObjectReady
ScaledObjectUpdateFailed StartingGettingEvents StoppingContainer
"""
REASONS = frozenset(_REASONS.split())

# The words of known messages, in alphabetical order.
_VOCABULARY = """
a about access account acr action active additional after against all allowed already an and
another any api app application apps are as assigned assigning assignment assignments at
attempt authentication authorization authorized automatically available azure be because been
being blob by can cannot change check choose client code condition conflict conflicting
connection contact container containers correct could count created creating creation
credentials current currently custom deadline definition delay deleted deleting denied
deployment deployments details different directory disabled disallowed does done due either
enabled end endpoint entity environment environments error errors exceeded exception exchange
exist existing exists expired expression failed failing failure field file filter find for
forbidden found free from function get given globally granted group has have how https id
identities identity if image images immediately in information inner insufficient internal
invalid is it json key kind latest least length lifecycle limit limited list location lock
log logs managed manifest match maximum may message might minutes missing more must name named
names namespace need needs network new no not number object of offer on one only operation
operations or other out over parameter perform permission permissions permitted please policy
possible principal principalid principaltype principals probe probes process progress
properties property provided provider provision provisioned provisioning public pull pulling
purge purged quota reached read readiness ready reason recently recover recovered refresh
region regional registered registration registry related replica replicas replication request
requests required resource resources response restricted retry returned revision revisions
role roles rule rules running same scale scaled scaler scope secret secrets see service
serviceprincipal set should sku soft started startup state status stopped subscription such
successfully support system taken target task tasks template temporarily tenant terminal than
that the their then there this time timed timeout times to token too topic try type unable
unauthorized unavailable under unique unknown until update updated updating upstream use used
user using valid validation value vault vaults version wait was were when which while with
within without workload write yet you your
"""
VOCABULARY = frozenset(_VOCABULARY.split())
