using SparseTopK.Figures;
using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests;

public sealed class FigureTests
{
    public static TheoryData<string> Names => [.. LambdaFigures.All.Select(figure => figure.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_figure_of_the_documents_is_the_one_that_is_drawn_now(string name) =>
        Assert.Equal(
            File.ReadAllText(RepositoryRoot.Path("docs", "figures", name)).ReplaceLineEndings("\n"),
            LambdaFigures.All.Single(figure => figure.Name == name).Draw().ReplaceLineEndings("\n"));
}
