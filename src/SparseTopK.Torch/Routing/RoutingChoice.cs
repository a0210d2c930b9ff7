namespace SparseTopK.Torch;

/// <summary>Who chooses in a mixture of experts.</summary>
public enum RoutingChoice
{
    /// <summary>Each token chooses k experts: a soft mask over the experts of each token. No token is dropped.</summary>
    Token,

    /// <summary>Each expert chooses its capacity of tokens: a soft mask over the tokens of each expert. The load is balanced by
    /// construction; a token may get more experts than k, or none. Which tokens share a batch matters, later ones in a sequence too.</summary>
    Expert,
}
