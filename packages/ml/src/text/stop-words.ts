/** Words that say little by themselves, as written; they are folded like the texts before they are compared. */
const english = `
a about above after again against all almost alone along already also although always am among an and another any anyone anything are
around as at away back be became because become been before behind being below between both but by came can cannot could did do does doing
done down during each either else enough etc even ever every everyone everything few for from further get give go had has have having he
hence her here hers herself him himself his how however if in indeed into is it its itself just keep last least less made many may me
might mine more most mostly much must my myself neither never nevertheless next no nobody none nor not nothing now of off often on once one
only onto or other others otherwise our ours ourselves out over own per perhaps please put quite rather really same see seem seemed several
she should since so some someone something sometimes still such take than that the their theirs them themselves then there therefore these
they thing this those though through thus to together too toward towards under until up upon us very was we well were what whatever when
where whether which while who whoever whole whom whose why will with within without would yet you your yours yourself yourselves
`

const french = `
à afin ai aie aient aies ailleurs ainsi ait alors après as assez au aucun aucune aujourd auquel aura aurai auraient aurais aurait auras aurez
auriez aurions aurons auront aussi autant autre autres aux auxquelles auxquels avaient avais avait avant avec avez aviez avions avoir avons
ayant ayez ayons beaucoup bien bon c ça car ce ceci cela celle celles celui cependant certain certaine certaines certains ces cet cette ceux
chacun chacune chaque chez ci comme comment d dans de dedans dehors déjà depuis des dès desquelles desquels deux devant doit donc dont du
duquel durant elle elles en encore entre envers es est et étaient étais était étant été êtes étiez étions être eu eue eues eurent eus eut eux
faire fait faites fois font fûmes furent fus fut hors hui ici il ils j je jusqu jusque l la là laquelle le lequel les lesquelles lesquels leur
leurs lors lorsqu lorsque lui m ma mais malgré me même mêmes mes mien mienne moi moins mon n ne ni non nos notre nous on ont ou où par parce
parmi pas pendant peu peut plus plusieurs plutôt pour pourquoi près presque puis puisqu puisque qu quand quant que quel quelle quelles quelque
quelques quels qui quoi quoique s sa sans sauf se selon sera serai seraient serais serait seras serez seriez serions serons seront ses seulement
si sien sienne sinon soi soient sois soit sommes son sont sous soyez soyons suis sur t ta tandis tant te tel telle telles tels tes toi ton toujours
tous tout toute toutes très trop tu un une vers voici voilà vos votre vous vu y
`

export type StopWordList = 'english' | 'french' | 'english_french'

/** The words of a list. */
export function stopWords(list: StopWordList | null): string[] {
  const texts = { english, french, english_french: english + french }
  return list === null ? [] : [...new Set(texts[list].split(/\s+/).filter((word) => word !== ''))]
}
